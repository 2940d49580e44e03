"""Budgets: what still fits, what is given back, and when a sweep is at its end."""

from collections.abc import Iterable

from app.domain.objectives import cost, value_of
from app.domain.plan import Drawn, End, Refund, Snapshot
from app.domain.states import SweepState

ALL_DRAWN = End(SweepState.COMPLETED, "all trials of the budget finished")


def time_is_up(snapshot: Snapshot) -> End | None:
    """Return the end of a sweep whose seconds are used."""
    most = snapshot.budget.seconds
    if most is None or snapshot.seconds < most:
        return None
    return End(SweepState.COMPLETED, f"{_named(most, snapshot.spec.budget.seconds, 'seconds')} is used up")


def on_target(snapshot: Snapshot, best_cost: float | None) -> End | None:
    """Return the end of a sweep whose best trial, of this cost, is as good as the target."""
    target, objective = snapshot.budget.target, snapshot.spec.objective
    if target is None or best_cost is None or best_cost > cost(target, objective.direction):
        return None
    metric, best = objective.metric, value_of(best_cost, objective.direction)
    return End(SweepState.COMPLETED, f"the target was reached: a {metric} of {best:g}, where {target:g} was asked for")


def refund(snapshot: Snapshot) -> Refund | None:
    """Return what is to be given back of a budget of epochs, before anything else is charged or the sweep ends.

    Drawing waits for refunds where a trial does not fit, and skips none. So what is charged is at least what the trials
    before will have trained, and just that where a trial is refused. Without rounds, therefore, trial n is drawn if and
    only if, for all m up to n, what the trials before m train and what m asks for is within the budget.
    """
    return Refund(snapshot.block) if snapshot.budget.epochs is not None and snapshot.block else None


def epochs_left(snapshot: Snapshot) -> int | None:
    """Return the epochs that may still be charged; None is no limit."""
    return None if snapshot.budget.epochs is None else snapshot.budget.epochs - snapshot.charged


def fitting(snapshot: Snapshot, trials: Iterable[Drawn], spent: int = 0) -> tuple[list[Drawn], End | None]:
    """Return the first trials, as far as the epochs reach, and the end that it means if the next does not fit.

    `spent` are epochs that the same plan asks for besides.
    """
    left, taken = epochs_left(snapshot), list[Drawn]()
    left = None if left is None else left - spent
    for trial in trials:
        if left is not None and trial.asked > left:
            return taken, epochs_used_up(snapshot, left, f"trial {trial.number} asks for {trial.asked:,}")
        left = None if left is None else left - trial.asked
        taken.append(trial)
    return taken, None


def affordable(snapshot: Snapshot, wishes: Iterable[tuple[int, int, int]]) -> tuple[list[int], int, End | None]:
    """Return the first trials that the epochs reach for, what they ask for, and the end that it means if one is out.

    Each wish is a trial, the epochs that its runs ask for in all, and the epoch to whose end they would go on.
    """
    left, going, spent = epochs_left(snapshot), list[int](), 0
    for trial, asked, to_epoch in wishes:
        if left is not None and spent + asked > left:
            wish = f"trial {trial} asks for {asked:,} to go on to epoch {to_epoch}"
            return going, spent, epochs_used_up(snapshot, left - spent, wish)
        going.append(trial)
        spent += asked
    return going, spent, None


def epochs_used_up(snapshot: Snapshot, left: int, wish: str) -> End:
    """Return the end of a sweep whose `left` epochs are too few for a wish."""
    standing = f"has {left:,} left, too few" if left > 0 else "is used up"
    return End(SweepState.COMPLETED, f"{budget_of_epochs(snapshot)} {standing}: {wish}")


def budget_of_epochs(snapshot: Snapshot) -> str:
    """Return what to call the budget of epochs."""
    return _named(snapshot.budget.epochs or 0, snapshot.spec.budget.epochs, "epochs")


def _named(limit: float, whole: float | None, unit: str) -> str:
    """Return what to call a limit: a search that is to be confirmed has a part of the `whole` budget."""
    if whole is None or whole == limit:
        return f"the budget of {_number(limit)} {unit}"
    return f"the search's part of the budget, {_number(limit)} of {_number(whole)} {unit},"


def _number(limit: float) -> str:
    return f"{limit:,}" if isinstance(limit, int) else f"{limit:g}"
