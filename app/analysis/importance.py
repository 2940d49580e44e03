"""Importance: how much of what the costs vary each parameter explains, and which of them decide which trials are best.

Shares are those of a functional analysis of variance over a forest; why, and how near they are to those of Optuna,
stands in docs/decisions/0034-importance-by-a-forest.md. Whether a parameter matters is asked of the best trials: it may
explain next to nothing where one learning rate in ten is a disaster, and still be what is left to be chosen well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np

from app.analysis.columns import Floats
from app.analysis.evidence import Evidence, Rows
from app.analysis.fanova import Explained, explained
from app.analysis.relevance import Relevance

_SEED = 13
"""The same trials have the same answer."""

_LARGEST = 1e100
"""Costs beyond it count as it, so that their squares are numbers."""

_MOST_PAIRED, _MOST_PAIRS = 8, 3


@dataclass(frozen=True, slots=True)
class Importance:
    """The `share` of a parameter in what all explain alone of the objective's variance; the shares sum to 1.

    They are the means over a forest; between `low` and `high` lie 95 % of its trees, each grown on its own bootstrap of
    the trials. `matters` is whether the parameter tells the best trials from all others more than it does in 95 % of
    shufflings.
    """

    parameter: str
    share: float
    low: float
    high: float
    matters: bool


@dataclass(frozen=True, slots=True)
class PairImportance:
    """Two parameters that decide together: by so large a `share` of what all parameters and all pairs explain.

    They tell the best fifth together otherwise than alone, beyond 100 shufflings of the trials.
    """

    parameters: Sequence[str]
    share: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """The importance of each parameter, the most important first, and of the pairs that decide together."""

    alone: Sequence[Importance]
    pairs: Sequence[PairImportance]

    @property
    def irrelevant(self) -> list[str]:
        """The parameters of which nothing can be told from chance."""
        return [one.parameter for one in self.alone if not one.matters]


def importance(evidence: Evidence) -> Ranking:
    """Return the importance of parameters and pairs; nothing with too few trials."""
    if not evidence.enough:
        return Ranking([], [])
    costs, rows = _costs(evidence)
    found, relevance = explained(evidence, costs, rows, np.random.default_rng(_SEED)), Relevance(evidence, _SEED)
    shares = [_share(name, found, matters=name in relevance.parameters) for name in evidence.space]
    ranked = sorted(shares, key=lambda one: -one.share)
    return Ranking(ranked, _pairs([one.parameter for one in ranked[:_MOST_PAIRED]], found, relevance))


def _costs(evidence: Evidence) -> tuple[Floats, Rows]:
    """Return the costs, and their rows.

    A trial that diverged counts with the value that it has; without one it is as bad as the worst trial that has one.
    """
    worst = min(float(evidence.costs[np.isfinite(evidence.costs)].max()), _LARGEST)
    return np.minimum(evidence.costs, worst), np.arange(len(evidence.costs))


def _share(name: str, found: Explained, *, matters: bool) -> Importance:
    total = sum(float(one.mean()) for one in found.alone.values())
    if name not in found.alone or total <= 0.0:
        return Importance(name, 0.0, 0.0, 0.0 if found.alone else 1.0, matters)
    share = float(found.alone[name].mean()) / total
    of_trees = found.alone[name] / np.maximum(np.sum(list(found.alone.values()), 0), 1e-12)
    low, high = (float(end) for end in np.quantile(of_trees, [0.025, 0.975]))
    return Importance(name, share, min(low, share), max(high, share), matters)


def _pairs(names: Sequence[str], found: Explained, relevance: Relevance) -> list[PairImportance]:
    """Return the pairs of these parameters that decide together, the strongest first."""
    shares = {pair: found.together.get(frozenset(pair), 0.0) for pair in combinations(names, 2)}
    strongest = sorted(shares, key=lambda pair: -shares[pair])
    told = (PairImportance(list(pair), shares[pair]) for pair in strongest if relevance.of_pair(*pair))
    return list(islice(told, _MOST_PAIRS))
