"""Composed rounds: a scheduler puts together what trains next, of paused trials and new ones, within the budget."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from app.contract.hyperparameters import KNOBS
from app.domain.plan import Draw, Drawn, End, Move, Need, Plan, Prune, RunView, Snapshot, Train
from app.domain.states import SweepState, TrialState
from app.planning.budgets import affordable, epochs_left, fitting, on_target, refund
from app.planning.drawing import all_drawn, draw, epochs_of, place, trials_left
from app.planning.duplicates import Below, Taken
from app.planning.enqueued import ENQUEUED, after_enqueued, enqueued
from app.planning.heirs import heirs_of
from app.planning.memory import Memory
from app.planning.standings import history, standings
from app.planning.within import earlier, placed, within
from app.schedulers import Board, RoundComposer, Step

_Paused = Mapping[int, Sequence[RunView]]
"""The paused runs of trials, by their numbers."""


def plan_composed(snapshot: Snapshot, scheduler: RoundComposer) -> Plan:
    """Return the next moves of a sweep whose `scheduler` composes its rounds."""
    memory = Memory.of(snapshot.memory)
    if snapshot.in_training and scheduler.need is not Need.LIVE:
        return Plan((), snapshot.memory)
    board = _board(snapshot, memory)
    if end := on_target(snapshot, _best_cost(snapshot, board)):
        return Plan((end,), snapshot.memory)
    if back := refund(snapshot):
        return Plan((back,), replace(memory, refunded=back.block.end).stored())
    step = scheduler.compose(snapshot.spec.scheduler, board)
    wants = snapshot.spec.duplicates == "skip" and bool(step.new or step.draw)
    if not wants or (not snapshot.drawn_out and any(_candidates(snapshot, memory, scheduler, step))):
        return _follow(snapshot, memory, scheduler, step)
    step = scheduler.compose(snapshot.spec.scheduler, replace(board, trials_left=0))
    return replace(_follow(snapshot, memory, scheduler, step), drawn_out=True)


def _board(snapshot: Snapshot, memory: Memory) -> Board:
    spec, points = snapshot.spec, placed(snapshot)
    params = {one.number: points.get(one.number, one.params) for one in snapshot.trials}
    return Board(
        space=spec.space,
        fixed=spec.fixed,
        rules=spec.rules,
        seed=spec.seed,
        objective=spec.objective,
        epochs=epochs_of(spec),
        replicates=spec.trainings,
        trials_left=trials_left(snapshot),
        epochs_left=epochs_left(snapshot),
        round=memory.round,
        drawn=snapshot.drawn,
        knobs=KNOBS,
        trials=[
            replace(one, inside=one.trial in points or one.trial not in params)
            for one in standings(snapshot.runs, params, spec.objective.diverged)
        ],
    )


def _best_cost(snapshot: Snapshot, board: Board) -> float | None:
    costs = [snapshot.best_cost, *(one.rungs[-1][1] for one in board.trials if one.rungs and one.open)]
    return min((cost for cost in costs if cost is not None), default=None)


def _follow(snapshot: Snapshot, memory: Memory, scheduler: RoundComposer, step: Step) -> Plan:
    """Return the moves of a step, as far as the budget reaches; those of the end if nothing is left to train.

    Enqueued points come before the new ones of the step.
    """
    following = replace(memory, round=memory.round + 1)
    paused = _paused(snapshot)
    asked = {trial: sum(to_epoch - run.asked for run in paused[trial]) for trial, to_epoch in step.go_on.items()}
    wishes = ((trial, asked[trial], to_epoch) for trial, to_epoch in step.go_on.items())
    going, spent, short = affordable(snapshot, wishes)
    new, short = ([], short) if short else fitting(snapshot, _candidates(snapshot, memory, scheduler, step), spent)
    following = after_enqueued(following, new)
    prunes = list(_prunes(step.pruned, paused, memory.round))
    moves: list[Move] = [*_trains(step, going, paused, following.round)]
    moves += _draws(step, new, following.round)
    if moves:
        return Plan([*moves, *prunes], following.stored())
    if prunes or snapshot.in_training:
        return Plan(prunes, snapshot.memory)
    end = short or End(SweepState.COMPLETED, step.reason or all_drawn(snapshot).reason)
    left = dict.fromkeys(paused, f"still paused when the search ended: {end.reason}")
    return Plan([*_prunes(left, paused, memory.round), end], snapshot.memory)


def _candidates(snapshot: Snapshot, memory: Memory, scheduler: RoundComposer, step: Step) -> Iterator[Drawn]:
    """Yield the trials that would be drawn next."""
    taken = dict(snapshot.taken)
    yield from _given(snapshot, scheduler, taken)
    yield from _new(snapshot, memory, step, taken)


def _given(snapshot: Snapshot, scheduler: RoundComposer, taken: Taken) -> Iterator[Drawn]:
    """Yield the trials of enqueued points; one that a model cannot place trains to its end at once."""
    spec, epochs = snapshot.spec, epochs_of(snapshot.spec)
    first = scheduler.first_epoch(spec.scheduler, epochs)
    for drawn in enqueued(snapshot, snapshot.points, first, taken):
        placed = scheduler.need is Need.LIVE or within(spec, drawn.params) is not None
        yield drawn if placed else replace(drawn, to_epoch=epochs)


def _new(snapshot: Snapshot, memory: Memory, step: Step, taken: Taken) -> Iterator[Drawn]:
    spec, given, left = snapshot.spec, len(snapshot.points), trials_left(snapshot)
    first, below = snapshot.drawn + given, Below(memory.besides + given, taken, earlier(snapshot))
    if step.heirs:
        return heirs_of(snapshot, step, first, left)
    if not step.new:
        count, seen, epoch = min(step.draw, left), history(snapshot), step.first_epoch
        return draw(spec, snapshot.dataset_sha256, first, count, seen, epoch, below)
    rows = [[quantiles[name] for name in spec.space] for quantiles in step.new[:left]]
    points = list(spec.space.points(rows, spec.fixed, spec.rules))
    numbers, rests_on = range(first, first + len(rows)), [trial.number for trial in snapshot.trials]
    return place(spec, snapshot.dataset_sha256, numbers, points, step.first_epoch, rests_on, below)


def _draws(step: Step, new: Sequence[Drawn], round_: int) -> Iterator[Draw]:
    """Yield a move for enqueued points, and one for all others, or for each heir one that tells where it comes from."""
    given, others = [one for one in new if one.enqueued], [one for one in new if not one.enqueued]
    if given:
        yield Draw(given, round_, ENQUEUED)
    if step.heirs:
        yield from (Draw([one], round_, heir.reason) for one, heir in zip(others, step.heirs, strict=False))
    elif others:
        yield Draw(others, round_, step.reason)


def _trains(step: Step, going: Sequence[int], paused: _Paused, round_: int) -> Iterator[Train]:
    """Yield a move for all that go to one epoch for one reason."""
    wish = {trial: (step.go_on[trial], step.reasons.get(trial, step.reason)) for trial in going}
    for (to_epoch, reason), trials in groupby(sorted(going, key=lambda trial: wish[trial]), key=lambda one: wish[one]):
        yield Train([run for trial in trials for run in paused[trial]], to_epoch, round_, reason)


def _prunes(reasons: Mapping[int, str], paused: _Paused, round_: int) -> Iterator[Prune]:
    for trial, reason in reasons.items():
        yield from (Prune(run, round_, reason) for run in paused[trial])


def _paused(snapshot: Snapshot) -> _Paused:
    by_trial = groupby(snapshot.runs, key=lambda run: run.trial)
    found = {trial: [run for run in group if run.state is TrialState.PAUSED] for trial, group in by_trial}
    return {trial: runs for trial, runs in found.items() if runs}
