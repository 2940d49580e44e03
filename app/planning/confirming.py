"""Confirming: once the search has ended its best trials train with more seeds, so that luck does not choose the winner.

Leaders follow from the results of all trials, and how many there are from the budget: the same whoever was faster.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from app.domain.plan import Close, Confirm, End, Leader, Plan, Snapshot
from app.domain.states import SweepState
from app.domain.sweeps import Budget, Confirmation
from app.domain.values import Value
from app.planning.budgets import affordable, refund, time_is_up
from app.planning.memory import Memory


def plan_confirmed(snapshot: Snapshot, confirmation: Confirmation, search: Callable[[Snapshot], Plan]) -> Plan:
    """Return the next moves of a sweep that ends with its leaders confirmed; `search` plans what comes before."""
    memory = Memory.of(snapshot.memory)
    if end := time_is_up(snapshot):
        return Plan((end,), _not_confirming(snapshot.memory, snapshot.seconds))
    if memory.confirming and snapshot.in_training:
        return Plan((), snapshot.memory)
    part = confirmation.left_of(snapshot.budget, _after(memory, snapshot.seconds).spent)
    made = search(replace(snapshot, budget=part))
    if memory.confirming:
        return _after_confirming(snapshot, made, memory.confirming)
    return replace(made, moves=[Close(move.reason) if isinstance(move, End) else move for move in made.moves])


def confirm(snapshot: Snapshot) -> Plan | None:
    """Return what lets the leaders of a closed search train again, as many of them as the epochs reach for, or None.

    One whose confirmation was cut short goes on with it, for the epochs that it was charged then.
    """
    confirmation, memory = snapshot.spec.confirm, Memory.of(snapshot.memory)
    if confirmation is None or snapshot.ending != SweepState.COMPLETED:
        return None
    if end := time_is_up(snapshot):
        return None if end.reason == snapshot.reason else _unconfirmed(snapshot, end)
    if back := refund(snapshot):
        return Plan((back,), replace(memory, refunded=back.block.end).stored())
    more = confirmation.replicates * snapshot.spec.folds
    once = snapshot.spec.trainings
    lacking = {one.trial: one for one in snapshot.leaders if one.runs == once or one.cancelled}
    if snapshot.leaders and not lacking:
        told = f"{snapshot.reason}; the best trials were confirmed before"
        return Plan((End(SweepState.COMPLETED, told),), snapshot.memory)
    wishes = ((one.trial, more * one.asked if one.runs == once else 0, one.asked) for one in lacking.values())
    going, spent, short = affordable(snapshot, wishes)
    if not going:
        return _unconfirmed(snapshot, short) if short else None
    leaders = [lacking[trial] for trial in going]
    following = replace(
        memory,
        confirming=snapshot.budget,
        began=snapshot.seconds,
        confirm_epochs=memory.confirm_epochs + spent,
    )
    return Plan((Confirm(leaders, more, _reason(snapshot, confirmation, leaders)),), following.stored())


def _unconfirmed(snapshot: Snapshot, end: End) -> Plan:
    return Plan((End(end.state, f"{snapshot.reason}; no trial was confirmed: {end.reason}"),), snapshot.memory)


def _reason(snapshot: Snapshot, confirmation: Confirmation, leaders: list[Leader]) -> str:
    seeds = f"{confirmation.replicates} more {'seed' if confirmation.replicates == 1 else 'seeds'} each"
    reason = f"{snapshot.reason}; then {len(leaders)} of the best train with {seeds}, to confirm them"
    again = sum(bool(one.cancelled) for one in leaders)
    return f"{reason}: {again} of them go on where that was cut short" if again else reason


def _after_confirming(snapshot: Snapshot, made: Plan, before: Budget) -> Plan:
    """End the sweep, unless it was given more of a budget since leaders began: then the search goes on.

    Without that it does not, though a target that ended it may not be met any more by the means.
    """
    over = not made.moves or any(isinstance(move, End) for move in made.moves)
    memory = _not_confirming(made.memory, snapshot.seconds)
    if over or not snapshot.budget.allows_more_than(before, snapshot.spec.objective.direction):
        return Plan((End(SweepState.COMPLETED, snapshot.reason or ""),), memory)
    return Plan(made.moves, memory)


def _not_confirming(memory: Mapping[str, Value], seconds: float) -> dict[str, Value]:
    return replace(_after(Memory.of(memory), seconds), confirming=None, began=0.0).stored()


def _after(memory: Memory, seconds: float) -> Memory:
    """Return a memory with what the seconds since leaders began to be confirmed add, if any are."""
    passed = seconds - memory.began if memory.confirming else 0.0
    return replace(memory, confirm_seconds=memory.confirm_seconds + passed)
