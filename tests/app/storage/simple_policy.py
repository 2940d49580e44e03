"""Decisions for tests of the storage: plain rules that tell what was asked of them."""

from collections.abc import Sequence

from app.domain.policy import Policy
from app.domain.queue import Ask, Load, RankedModel, Ranking, Standing, SuspectCase, SuspectTurn
from app.domain.runs import Blame, RunOutcome, TrialOutcome, whole_seeds
from app.domain.states import OPEN, TrialState
from app.domain.work import Diverged, Rank

FATAL = 3


class SimplePolicy(Policy):
    """As many runs as asked for, suspects from two losses on, three lost alone are fatal, the best models stay."""

    suspect_losses = 2

    def __init__(self, due: Sequence[int] = ()) -> None:
        """Let sweeps give what they are `due`, or the oldest all; `asked_turns` tells what was asked."""
        self.due = due
        self.asked_turns: list[tuple[int, list[Standing]]] = []

    def share(self, ask: Ask, load: Load) -> int:
        """Return the slots that are free."""
        return max(0, min(ask.slots - load.held, load.waiting))

    def turns(self, count: int, sweeps: Sequence[Standing]) -> Sequence[int]:
        """Let each sweep give what it is due, or else the oldest all."""
        self.asked_turns.append((count, list(sweeps)))
        return self.due or [count, *[0] * (len(sweeps) - 1)]

    def suspect_turn(self, case: SuspectCase) -> SuspectTurn:
        """Give a suspect to empty hands; let others pass on."""
        return "give" if case.hands == 0 else "pass"

    def after_loss(self, blame: Blame, *, alone: bool) -> Blame:
        """Count the loss."""
        return Blame(blame.losses + 1, blame.alone + 1 if alone else 0)

    def after_return(self, blame: Blame, later: int) -> Blame:
        """Take the loss back."""
        return Blame(max(blame.losses - 1, 0), blame.alone - 1 if later < blame.alone else blame.alone)

    def fatal(self, blame: Blame) -> str | None:
        """Give up after three losses alone."""
        return f"lost {FATAL} times while alone" if blame.alone >= FATAL else None

    def outcome(
        self,
        runs: Sequence[RunOutcome],
        diverged: Diverged,  # noqa: ARG002 - runs have it in their values
        final: TrialState | None = None,
        folds: int = 1,
    ) -> TrialOutcome:
        """Take the state of the worst run, and the mean of all values once all have one."""
        states = [run.state for run in runs]
        order = [TrialState.DIVERGED, TrialState.FAILED, TrialState.CANCELLED, TrialState.RUNNING, TrialState.QUEUED]
        state = final or next((one for one in order if one in states), states[0])
        nothing = OPEN | {TrialState.FAILED, TrialState.CANCELLED}
        have = whole_seeds([run.replicate for run in runs if run.state not in nothing], folds)
        counted = [run for run in runs if final is None or run.replicate in have] or runs
        values = [run.value for run in counted if run.value is not None]
        first = runs[0]
        return TrialOutcome(
            state=state,
            value=sum(values) / len(values) if len(values) == len(counted) else None,
            metrics=first.metrics,
            best_epoch=first.best_epoch,
            epochs=max(run.epochs for run in runs),
            seconds=sum(run.seconds for run in runs),
            reason=None if state in OPEN else first.reason,
            counted=len(counted),
        )

    def ranking(self, models: Sequence[RankedModel], keep: int) -> Ranking:
        """Keep the best settled ones, and of those that wait the best as many."""
        fallen, bounds = list[int](), list[Rank | None]()
        for settled in (True, False):
            group = [model for model in models if model.settled is settled]
            ranked = sorted(Rank(model.cost, model.trial) for model in group if model.cost is not None)
            fallen += [rank.trial for rank in ranked[keep:]]
            bounds.append(ranked[keep - 1] if 0 < keep <= len(ranked) else None)
        return Ranking(fallen, bounds[0], bounds[1])
