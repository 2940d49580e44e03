"""The policy that the storage asks within its transactions: one class over the functions of this room."""

from collections.abc import Sequence
from typing import final

from app.domain.policy import Policy
from app.domain.queue import Ask, Load, RankedModel, Ranking, SuspectCase, SuspectTurn
from app.domain.runs import Blame, RunOutcome, TrialOutcome
from app.domain.states import TrialState
from app.domain.work import Diverged
from app.planning import blame as blaming
from app.planning.outcome import outcome
from app.planning.ranking import ranking
from app.planning.sharing import share, suspect_turn


@final
class StandardPolicy(Policy):
    """The decisions of this house."""

    suspect_losses = blaming.SUSPECT_LOSSES

    def share(self, ask: Ask, load: Load) -> int:
        """Return the most runs that the worker gets now."""
        return share(ask, load)

    def suspect_turn(self, case: SuspectCase) -> SuspectTurn:
        """Return what to do where a sweep has nothing but suspects waiting."""
        return suspect_turn(case)

    def after_loss(self, blame: Blame, *, alone: bool) -> Blame:
        """Return the blame of a run after one more lost attempt."""
        return blaming.after_loss(blame, alone=alone)

    def fatal(self, blame: Blame) -> str | None:
        """Return why a run with this blame fails, or None while it is tried again."""
        return blaming.fatal(blame)

    def outcome(self, runs: Sequence[RunOutcome], diverged: Diverged, final: TrialState | None = None) -> TrialOutcome:
        """Return what a trial comes to by all its runs."""
        return outcome(runs, diverged, final)

    def ranking(self, models: Sequence[RankedModel], keep: int) -> Ranking:
        """Return which stored models fall out of a sweep, and the new bounds."""
        return ranking(models, keep)
