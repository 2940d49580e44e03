"""The decisions that fall within a transaction: pure, made by the planning room, asked for by the storage."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from app.domain.queue import Ask, Load, RankedModel, Ranking, Standing, SuspectCase, SuspectTurn
from app.domain.runs import Blame, RunOutcome, TrialOutcome
from app.domain.states import TrialState
from app.domain.work import Diverged


class Policy(ABC):
    """What a storage asks while it holds a transaction; every answer is a pure function of the arguments."""

    suspect_losses: int
    """The losses in a row from which on a run is a suspect, given alone to a worker that holds nothing else."""

    @abstractmethod
    def share(self, ask: Ask, load: Load) -> int:
        """Return the most runs that the worker gets now."""

    @abstractmethod
    def turns(self, count: int, sweeps: Sequence[Standing]) -> Sequence[int]:
        """Return how many of `count` runs each of these sweeps, the oldest first, may give before the others do."""

    @abstractmethod
    def suspect_turn(self, case: SuspectCase) -> SuspectTurn:
        """Return what to do where a sweep has nothing but suspects waiting."""

    @abstractmethod
    def after_loss(self, blame: Blame, *, alone: bool) -> Blame:
        """Return the blame of a run after one more lost attempt, of a worker that held it alone or not."""

    @abstractmethod
    def after_return(self, blame: Blame, later: int) -> Blame:
        """Return the blame of a run once the worker of a loss is heard again that so many `later` ones followed."""

    @abstractmethod
    def fatal(self, blame: Blame) -> str | None:
        """Return why a run with this blame fails, or None while it is tried again."""

    @abstractmethod
    def outcome(
        self, runs: Sequence[RunOutcome], diverged: Diverged, final: TrialState | None = None, folds: int = 1
    ) -> TrialOutcome:
        """Return what a trial comes to by all its runs, in the order of their replicates, which take turns at `folds`.

        `final` is the state of a trial that is final by now: it stays, and late replicates change the rest alone.
        """

    @abstractmethod
    def ranking(self, models: Sequence[RankedModel], keep: int) -> Ranking:
        """Return which stored models fall out of a sweep that keeps so many, and the new bounds."""
