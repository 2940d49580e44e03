"""Confirming: once the search has ended its best trials train with more seeds, so that luck does not choose the winner.

Leaders follow from the results of all trials, and how many there are from the budget: the same whoever was faster.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from app.domain.plan import Close, Confirm, End, Plan, Snapshot
from app.domain.states import SweepState
from app.domain.sweeps import Confirmation
from app.domain.values import Value
from app.planning.budgets import affordable, time_is_up
from app.planning.memory import Memory


def plan_confirmed(snapshot: Snapshot, confirmation: Confirmation, search: Callable[[Snapshot], Plan]) -> Plan:
    """Return the next moves of a sweep that ends with its leaders confirmed; `search` plans what comes before."""
    if end := time_is_up(snapshot):
        return Plan((end,), snapshot.memory)
    confirming = bool(Memory.of(snapshot.memory).confirming)
    if confirming and snapshot.in_training:
        return Plan((), snapshot.memory)
    made = search(replace(snapshot, budget=confirmation.left_of(snapshot.budget)))
    if confirming:
        return _after_confirming(snapshot, made)
    return replace(made, moves=[Close(move.reason) if isinstance(move, End) else move for move in made.moves])


def confirm(snapshot: Snapshot) -> Plan | None:
    """Return what lets the leaders of a closed search train again, as many of them as the epochs reach for, or None."""
    confirmation, spec = snapshot.spec.confirm, snapshot.spec
    if confirmation is None or snapshot.ending != SweepState.COMPLETED or time_is_up(snapshot):
        return None
    more = confirmation.replicates * spec.folds
    once = {one.trial: one for one in snapshot.leaders if one.runs == spec.trainings}
    going, _, _ = affordable(snapshot, ((one.trial, more * one.asked, one.asked) for one in once.values()))
    if not going:
        return None
    seeds = f"{confirmation.replicates} more {'seed' if confirmation.replicates == 1 else 'seeds'} each"
    reason = f"{snapshot.reason}; trained with {seeds}, to confirm them: {len(going)} of the best"
    memory = replace(Memory.of(snapshot.memory), confirming=snapshot.budget.trials)
    return Plan((Confirm([once[trial] for trial in going], more, reason),), memory.stored())


def _after_confirming(snapshot: Snapshot, made: Plan) -> Plan:
    """End the sweep, unless it was given more of a budget meanwhile: then the search goes on.

    A target was reached before, or is not to be reached any more: only more trials let such a search go on.
    """
    memory = _not_confirming(made.memory)
    over = not made.moves or any(isinstance(move, End) for move in made.moves)
    more_trials = snapshot.budget.trials > Memory.of(snapshot.memory).confirming
    if over or (snapshot.budget.target is not None and not more_trials):
        return Plan((End(SweepState.COMPLETED, snapshot.reason or ""),), memory)
    return Plan(made.moves, memory)


def _not_confirming(memory: Mapping[str, Value]) -> dict[str, Value]:
    return replace(Memory.of(memory), confirming=0).stored()
