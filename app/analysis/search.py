"""The analysis of a search: what its trials say of the space, put together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.analysis.columns import Floats
from app.analysis.divergence import Divergence, divergence
from app.analysis.edges import Allowed, Edge, edges
from app.analysis.effects import Effect, effects
from app.analysis.evidence import LEAST_TRIALS, Evidence
from app.analysis.expected_gain import ExpectedGain, expected_gain
from app.analysis.importance import Importance, PairImportance, importance
from app.analysis.next_space import next_parameters
from app.analysis.waste import Waste, waste
from app.domain.space import Parameter
from app.domain.trials import Trial


@dataclass(frozen=True, slots=True)
class Search:
    """What trials say of their space, and which of its parameters the next one has otherwise."""

    importance: Sequence[Importance]
    pairs: Sequence[PairImportance]
    irrelevant: Sequence[str]
    edges: Sequence[Edge]
    effects: Sequence[Effect]
    divergence: Divergence | None
    waste: Waste
    expected_gain: ExpectedGain | None
    parameters: Mapping[str, Parameter]
    lack: str | None


def search_analysis(
    evidence: Evidence,
    trials: Sequence[Trial],
    allowed: Allowed,
    by_chance: Floats | None,
    *,
    rules: int,
    trainings: int,
) -> Search:
    """Return what trials say: `trials` are all that were read, by number.

    `by_chance` has the costs of all trials, read or not, that were drawn at random; None if others were.
    """
    ranked, found = importance(evidence), edges(evidence, allowed)
    return Search(
        importance=ranked.alone,
        pairs=ranked.pairs,
        irrelevant=ranked.irrelevant,
        edges=found,
        effects=effects(evidence, rules),
        divergence=divergence(evidence),
        waste=waste(trials, trainings),
        expected_gain=None if by_chance is None else expected_gain(by_chance, evidence.direction),
        parameters=next_parameters(evidence, found, ranked.irrelevant, allowed),
        lack=_lack(evidence),
    )


def _lack(evidence: Evidence) -> str | None:
    """Say why nothing is told of the space; None if something is."""
    if not evidence.space.parameters:
        return "Nothing is searched: the space is empty, so that there is nothing to narrow. Clone it with a space."
    if evidence.enough:
        return None
    count = f"{evidence.valued} finished trials have a value in the space as it is"
    return f"{count}, and it takes {LEAST_TRIALS} to say where the best lie. Let it run on, or extend its budget."
