"""Rounds: a bracket of trials is drawn, its rounds are awaited and decided one after the other, then the next begins.

While a run of a round is queued or running nothing is decided, so that decisions do not depend on who was faster. The
size of a bracket is what its scheduler says, or what the budget has left when it begins: more trials by then are the
next bracket. A sampler that learns proposes a bracket as a whole, from what all earlier ones showed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, groupby

from app.domain.plan import Draw, Drawn, End, Plan, Prune, RunView, Snapshot, Train
from app.domain.runs import comparable
from app.domain.states import TrialState
from app.planning.budgets import affordable, budget_of_epochs, fitting, on_target, refund
from app.planning.drawing import all_drawn, batch_of, draw, epochs_of, learns, room_in_queue, trials_left
from app.planning.duplicates import Below
from app.planning.enqueued import after_enqueued, enqueued
from app.planning.memory import Memory
from app.planning.outcome import mean
from app.planning.standings import history, standings
from app.planning.within import earlier
from app.schedulers import Bracket, Contender, Round, RungScheduler, Selection

RunsByTrial = Mapping[int, Sequence[RunView]]


def plan_rounds(snapshot: Snapshot, scheduler: RungScheduler) -> Plan:
    """Return the next moves of a sweep whose `scheduler` decides once a round has stopped."""
    memory = Memory.of(snapshot.memory)
    if snapshot.in_training:
        more, short = _draw_on(snapshot, scheduler, memory)
        return more or Plan((), snapshot.memory, drawn_out=not short and _count(snapshot, memory) > 0)
    runs = _not_pruned(snapshot.runs)
    contenders = [_contender(snapshot, trial, of_trial) for trial, of_trial in runs.items()]
    if end := on_target(snapshot, _best_cost(snapshot, contenders)):
        return Plan((end,), snapshot.memory)
    if back := refund(snapshot):
        return Plan((back,), replace(memory, refunded=back.block.end).stored())
    drawn, _ = _draw_on(snapshot, scheduler, memory)
    decided = drawn or (_decide(snapshot, scheduler, memory, contenders, runs) if memory.size else None)
    return decided or _next_bracket(snapshot, scheduler, memory)


def _next_bracket(snapshot: Snapshot, scheduler: RungScheduler, memory: Memory) -> Plan:
    left, number = trials_left(snapshot), memory.round + 1
    following = replace(
        memory, round=number, since=number, first=snapshot.drawn, bracket=memory.bracket + 1 if memory.round else 0
    )
    size = _bracket(snapshot, scheduler, following).size
    size = left if size is None else min(size, left)
    given = len(snapshot.points)
    drawn, short = _draw_on(snapshot, scheduler, replace(following, size=size + given, given=given))
    return drawn or Plan((short or all_drawn(snapshot),), snapshot.memory)


def _bracket(snapshot: Snapshot, scheduler: RungScheduler, memory: Memory) -> Bracket:
    return scheduler.bracket(snapshot.spec.scheduler, epochs_of(snapshot.spec), memory.bracket)


def _draw_on(snapshot: Snapshot, scheduler: RungScheduler, memory: Memory) -> tuple[Plan | None, End | None]:
    """Return the plan that draws more of the bracket in `memory`, or the end that it means if epochs are too few.

    A bracket begins with the points that wait; those that the epochs do not reach for come before its others later on.
    """
    given = snapshot.points[: memory.given]
    first = snapshot.drawn + len(given)
    below = Below(memory.besides + len(given), dict(snapshot.taken), earlier(snapshot))
    count = 0 if snapshot.drawn_out else _count(snapshot, memory)
    rungs = _bracket(snapshot, scheduler, memory).rungs
    to_epoch = rungs[0] if rungs else None
    seen = history(snapshot) if count > 0 else ()  # most looks find no room: what would be seen is not gathered
    proposed = draw(snapshot.spec, snapshot.dataset_sha256, first, count, seen, to_epoch, below)
    trials, short = fitting(snapshot, chain(enqueued(snapshot, given, to_epoch, below.taken), proposed))
    following = replace(after_enqueued(memory, trials), given=max(len(given) - len(trials), 0))
    return Plan(list(_in_batches(snapshot, memory, trials)), following.stored()) if trials else None, short


def _count(snapshot: Snapshot, memory: Memory) -> int:
    """Return how many trials of the sampler's may be drawn now, for the bracket in `memory`."""
    end_of_bracket = min(memory.first + memory.size, snapshot.budget.trials)
    left = end_of_bracket - snapshot.drawn - len(snapshot.points[: memory.given])
    return max(min(_room(snapshot, memory), left, trials_left(snapshot)), 0)


def _room(snapshot: Snapshot, memory: Memory) -> int:
    """Return how many trials may be drawn now: all or none of a bracket that a sampler proposes as a whole."""
    if learns(snapshot.spec):
        return memory.size if snapshot.drawn == memory.first and not snapshot.in_training else 0
    return room_in_queue(snapshot)


def _in_batches(snapshot: Snapshot, memory: Memory, trials: Sequence[Drawn]) -> Iterator[Draw]:
    """Yield a move for each batch: they are written down, so that their sizes must not tell how long the queue was."""
    batch = batch_of(snapshot.spec)
    for first in range(0, len(trials), batch):
        part = trials[first : first + batch]
        yield Draw(
            part, memory.round, f"round {memory.round}: {memory.size:,} new trials, up to epoch {part[0].to_epoch}"
        )


def _decide(
    snapshot: Snapshot, scheduler: RungScheduler, memory: Memory, contenders: Sequence[Contender], runs: RunsByTrial
) -> Plan | None:
    """Return what the scheduler makes of a round that has stopped; None if that was the bracket's last."""
    memory = replace(memory, size=snapshot.drawn - memory.first, given=0)  # fewer, if epochs or points were too few
    rung, rungs = memory.round - memory.since + 1, _bracket(snapshot, scheduler, memory).rungs
    began = len({run.trial for run in snapshot.runs if run.trial >= memory.first})  # the others have another's result
    if rung >= len(rungs) or not began:
        return None
    mine = [one for one in contenders if one.trial >= memory.first]
    earlier = _earlier(snapshot, memory.first, rungs[rung - 1])
    stopped = Round(rung, rungs, began, snapshot.spec.objective, mine, earlier)
    selection = scheduler.decide(snapshot.spec.scheduler, stopped)
    asked = {trial: sum(selection.to_epoch - run.asked for run in _paused(runs[trial])) for trial in selection.go_on}
    wishes = ((trial, asked[trial], selection.to_epoch) for trial in selection.go_on)
    going, _, short = affordable(snapshot, wishes)
    if short and not going:
        return Plan((short,), snapshot.memory)
    pruned = {**(_left_out(snapshot, selection, len(going), rung) if short else {}), **selection.pruned}
    prunes = [Prune(run, memory.round, pruned[trial]) for trial in pruned for run in _paused(runs[trial])]
    if not going:
        return Plan(prunes, memory.stored()) if prunes else None
    following = replace(memory, round=memory.round + 1)
    promoted = [run for trial in going for run in _paused(runs[trial])]
    train = Train(promoted, selection.to_epoch, following.round, selection.reason)
    return Plan([train, *prunes], following.stored())


def _earlier(snapshot: Snapshot, first: int, epoch: int) -> list[float]:
    """Return the costs at an epoch of those trials of earlier brackets that are shown and came so far."""
    shown = standings(snapshot.runs, {}, snapshot.spec.objective.diverged)
    costs = [one.cost_at(epoch) for one in shown if one.trial < first]
    return [cost for cost in costs if cost is not None]


def _left_out(snapshot: Snapshot, selection: Selection, going: int, rung: int) -> dict[int, str]:
    """Return why those are pruned that would go on if there were epochs left."""
    room = f"{budget_of_epochs(snapshot)} has room for {going} of {len(selection.go_on)} that go on"
    return dict.fromkeys(selection.go_on[going:], f"rung {rung}: {room}")


def _not_pruned(runs: Sequence[RunView]) -> dict[int, list[RunView]]:
    by_trial = {trial: list(group) for trial, group in groupby(runs, key=lambda run: run.trial)}
    return {
        trial: of_trial
        for trial, of_trial in by_trial.items()
        if all(run.state is not TrialState.PRUNED for run in of_trial)
    }


def _contender(snapshot: Snapshot, trial: int, runs: Sequence[RunView]) -> Contender:
    diverged = snapshot.spec.objective.diverged
    cost = mean([comparable(run.state, run.cost, diverged) for run in runs])
    return Contender(trial, max(run.epochs for run in runs), cost, open=bool(_paused(runs)))


def _best_cost(snapshot: Snapshot, contenders: Sequence[Contender]) -> float | None:
    costs = [snapshot.best_cost, *(contender.cost for contender in contenders)]
    return min((cost for cost in costs if cost is not None), default=None)


def _paused(runs: Sequence[RunView]) -> list[RunView]:
    return [run for run in runs if run.state is TrialState.PAUSED]
