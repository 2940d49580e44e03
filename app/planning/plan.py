"""The planner: what happens next in a sweep follows from what is known of it, and from nothing else."""

from dataclasses import replace

from app.domain.plan import Draw, End, Need, Plan, Snapshot
from app.domain.states import SweepState
from app.domain.sweeps import SweepSpec
from app.planning.budgets import fitting, on_target, refund, time_is_up
from app.planning.composing import plan_composed
from app.planning.confirming import confirm, plan_confirmed
from app.planning.drawing import all_drawn, draw, learns, room_in_queue, trials_left
from app.planning.duplicates import Below
from app.planning.enqueued import ENQUEUED, after_enqueued, enqueued
from app.planning.memory import Memory
from app.planning.redrawing import plan_redraw, redraw_is_due
from app.planning.rounds import plan_rounds
from app.planning.stopping import overtaken, passed_rungs
from app.planning.whole import TrainWhole
from app.samplers import SAMPLERS
from app.schedulers import SCHEDULERS, RoundComposer, RungScheduler, Scheduler

_BY_SIZE = (Need.NOTHING, Need.ROUND, Need.ROUNDS, Need.LIVE, Need.ALL)


def need_of(spec: SweepSpec) -> Need:
    """Return what a snapshot must show of a sweep: the most that its sampler or its scheduler needs.

    Where trials are compared while they train on, it must show all runs besides.
    """
    needs = SAMPLERS[str(spec.sampler["kind"])].need, _scheduler(spec).need
    return max(needs, key=_BY_SIZE.index)


def fits_models(snapshot: Snapshot) -> bool:
    """Return whether the plan of a running sweep may take long: models are fitted to its trials, once all stopped.

    Or before that, if trials are drawn anew from another space.
    """
    settled = not snapshot.in_training or redraw_is_due(snapshot)
    return need_of(snapshot.spec) is Need.ALL and settled and bool(snapshot.trials)


def plan(snapshot: Snapshot) -> Plan:
    """Return the moves that follow from a snapshot, none if there is nothing to do but to wait.

    Asked again after its moves were made, it comes to none; a sweep that does not run has none. A pure function: no
    clock, no database, no randomness but that of the spec's seed.
    """
    if snapshot.state is not SweepState.RUNNING:
        return Plan((), snapshot.memory)
    if snapshot.ending is not None:
        return _end_again(snapshot)
    if snapshot.spec.confirm is not None:
        return plan_confirmed(snapshot, snapshot.spec.confirm, _search)
    return _search(snapshot)


def _search(snapshot: Snapshot) -> Plan:
    """Return the next moves of the search: drawing trials, and deciding which of them go on, until it ends."""
    if end := time_is_up(snapshot):
        return Plan((end,), snapshot.memory)
    if redraw_is_due(snapshot):
        return plan_redraw(snapshot)
    if ends := list(overtaken(snapshot)):
        return Plan(ends, snapshot.memory)
    scheduler = _scheduler(snapshot.spec)
    if isinstance(scheduler, RoundComposer):
        return plan_composed(snapshot, scheduler)
    if isinstance(scheduler, RungScheduler):
        rungs: RungScheduler | None = scheduler
    else:
        rungs = TrainWhole(snapshot.spec.sampler) if learns(snapshot.spec) else None
    return plan_rounds(snapshot, rungs) if rungs else _plan_stream(snapshot)


def _scheduler(spec: SweepSpec) -> Scheduler:
    """Return what says when trials pause: nothing does where they are compared while they train on."""
    return SCHEDULERS["none" if passed_rungs(spec) else str(spec.scheduler["kind"])]


def _end_again(snapshot: Snapshot) -> Plan:
    """Once no run is left that an end awaited, confirm what is to be confirmed, or make the end final."""
    if snapshot.in_training:
        return Plan((), snapshot.memory)
    if confirmed := confirm(snapshot):
        return confirmed
    return Plan((End(SweepState(str(snapshot.ending)), snapshot.reason or ""),), snapshot.memory)


def _plan_stream(snapshot: Snapshot) -> Plan:
    """Keep the queue filled with trials that train to their end."""
    if end := on_target(snapshot, snapshot.best_cost):
        return Plan((end,), snapshot.memory)
    if back := refund(snapshot):
        return Plan((back,), replace(Memory.of(snapshot.memory), refunded=back.block.end).stored())
    memory = Memory.of(snapshot.memory)
    if snapshot.points:
        return _draw_points(snapshot, memory)
    left = trials_left(snapshot)
    count = 0 if snapshot.drawn_out else min(room_in_queue(snapshot), left)
    spec, first, below = snapshot.spec, snapshot.drawn, Below(memory.besides, dict(snapshot.taken))
    candidates = draw(spec, snapshot.dataset_sha256, first, count, snapshot.trials, below=below)
    trials, end = fitting(snapshot, candidates)
    if trials:
        return Plan((Draw(trials, 0, "the queue has room"),), snapshot.memory)
    drawn_out = snapshot.drawn_out or (count > 0 and end is None)
    if drawn_out and snapshot.in_training:
        return Plan((), snapshot.memory, drawn_out)
    if left <= 0 or drawn_out:
        end = all_drawn(snapshot)
    # What is paused here has trained all that it was asked for: nothing more would come.
    return Plan((end,) if end and not snapshot.in_training else (), snapshot.memory)


def _draw_points(snapshot: Snapshot, memory: Memory) -> Plan:
    """Draw the points that wait, as far as the epochs reach."""
    trials, end = fitting(snapshot, enqueued(snapshot, snapshot.points, None, dict(snapshot.taken)))
    if trials:
        return Plan((Draw(trials, 0, ENQUEUED),), after_enqueued(memory, trials).stored())
    return Plan((end,) if end and not snapshot.in_training else (), snapshot.memory)
