"""Why a sweep has not finished, read in facts: pure, and in the words of whoever waits for it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from app.domain.plan import Need
from app.domain.states import OPEN, SweepState
from app.domain.sweeps import Sweep
from app.domain.why import Facts, Hold, OpenRuns, Reason, Why
from app.domain.workers import Heard
from app.planning.plan import need_of

NAMED = 5
"""Of so many workers is told what each holds; the others are counted."""


def why(facts: Facts) -> Why:
    """Return why a sweep has not finished, or why it ended; what holds it up comes first."""
    if facts.runs is None:
        return Why(facts.sweep.state, [_ended(facts.sweep)], None, None)
    reasons = [*_halted(facts), *_going_on(facts, facts.runs)]
    return Why(facts.sweep.state, reasons, facts.runs, expected_end(facts))


def expected_end(facts: Facts) -> datetime | None:
    """Return when a sweep ends if it goes on as it did since its start; None where nothing tells, or it is held up."""
    sweep, started = facts.sweep, facts.sweep.started_at
    held_up = facts.no_worker or facts.no_plan or facts.trouble
    if sweep.state is not SweepState.RUNNING or started is None or held_up:
        return None
    passed = (facts.now - started).total_seconds()
    shares = [share for share in _shares(sweep) if share > 0]
    if not shares:
        return None
    left = passed * (1 / max(shares) - 1)
    return facts.now + timedelta(seconds=max(left, 0.0))


def _shares(sweep: Sweep) -> Iterator[float]:
    """Yield which share of each part of its budget a sweep has used: the largest comes to 1 first.

    Epochs are charged when trials are drawn: of what all drawn ones were charged, those that ended have their part.
    """
    budget, used = sweep.spec.budget, sweep.used
    yield _finished(sweep) / budget.trials
    if budget.epochs is not None and used.trials:
        yield min(used.epochs / budget.epochs * _finished(sweep) / used.trials, 1.0)
    if budget.seconds is not None:
        yield min(used.seconds / budget.seconds, 1.0)


def _finished(sweep: Sweep) -> int:
    return sum(count for state, count in sweep.counts.items() if state not in OPEN)


def _ended(sweep: Sweep) -> Reason:
    since = "" if sweep.finished_at is None else f" since {_at(sweep.finished_at)}"
    because = f": {sweep.reason}" if sweep.reason else ""
    return Reason("ended", f"It is {sweep.state}{since}{because}.")


def _halted(facts: Facts) -> Iterator[Reason]:
    """Yield what holds a sweep up altogether."""
    if facts.sweep.state is SweepState.PAUSED:
        yield Reason("paused", "Someone paused it, so that it hands out no work. POST .../resume lets it go on.")
    if facts.trouble:
        yield Reason("storage", f"Nothing can be stored now. {facts.trouble}")
    if facts.no_plan:
        yield Reason("no_plan", facts.no_plan)
    if facts.no_worker:
        yield Reason("no_worker", facts.no_worker)
        yield from _other_versions(facts)


def _other_versions(facts: Facts) -> Iterator[Reason]:
    """Yield which live workers do not know the rules of a sweep: they are of another version."""
    spec = facts.sweep.spec
    for one in facts.workers:
        if one.trainer == spec.trainer and one.rules is not None and one.rules < spec.rules_to_know:
            version = f" (logsweep {one.version})" if one.version else ""
            told = (
                f"The worker {one.name}{version} knows rules up to {one.rules}, and this sweep has {spec.rules_to_know}"
            )
            yield Reason("other_version", f"{told}. Install the server's version where it runs.")


def _going_on(facts: Facts, runs: OpenRuns) -> Iterator[Reason]:
    """Yield what a sweep waits for in the ordinary course of things, and what disturbs it."""
    if facts.sweep.ending is not None:
        told = f"It ends as soon as its {_runs(runs.training)} in training have answered: {facts.sweep.reason}."
        yield Reason("ending", told)
    yield from _silent(runs.holds, facts.workers)
    if runs.losses:
        times = "once" if runs.losses == 1 else f"{runs.losses} times"
        who = "1 run that is open has" if runs.lost_runs == 1 else f"{runs.lost_runs} runs that are open have"
        yield Reason("lost", f"{who} lost a worker, {times} in all: {_ATTEMPTS}.")
    if runs.training:
        yield Reason("training", _training(runs))
    if runs.queued:
        yield Reason("queued", _queued(facts, runs))
    yield from _to_come(facts, runs)
    yield from _budget(facts.sweep)


_ATTEMPTS = "GET .../trials/{number}/attempts tells how each hold ended"


def _silent(holds: Sequence[Hold], workers: Sequence[Heard]) -> Iterator[Reason]:
    heard = {one.name for one in workers}
    for one in holds:
        if one.worker not in heard:
            then = f"at {_at(one.lease_until)} the first lease ends, and another worker gets the run"
            yield Reason("silent", f"The worker {one.worker}, which holds {_runs(one.runs)}, is silent: {then}.")


def _training(runs: OpenRuns) -> str:
    named = [f"{one.worker} has {one.runs} since {_at(one.since)}" for one in runs.holds[:NAMED]]
    others = runs.training - sum(one.runs for one in runs.holds[:NAMED])
    named += [f"other workers have {others}"] if others else []
    return f"{_runs(runs.training)} in training: {_joined(named)}."


def _queued(facts: Facts, runs: OpenRuns) -> str:
    since = "" if runs.queued_since is None else f", of which the first trial was drawn at {_at(runs.queued_since)}"
    slots = sum(one.slots or 0 for one in able(facts.sweep, facts.workers))
    there = f"; live workers that can train them have {slots} slots" if slots else ""
    many = "1 trial" if facts.others == 1 else f"{facts.others} trials"
    taken = f", and train {many} of other sweeps: as their runs end, this one has its turn"
    return f"{_runs(runs.queued)} in the queue{since}{there}{taken if slots and facts.others else ''}."


def able(sweep: Sweep, workers: Iterable[Heard]) -> list[Heard]:
    """Return the workers that can train a sweep."""
    spec = sweep.spec
    return [one for one in workers if one.trainer == spec.trainer and (one.rules or 0) >= spec.rules_to_know]


def _to_come(facts: Facts, runs: OpenRuns) -> Iterator[Reason]:
    """Yield what is decided once others have come so far, and what is still to be drawn."""
    sweep, open_ = facts.sweep, runs.training + runs.queued
    if runs.paused and (slowest := runs.slowest) is not None:
        hand = f", with {slowest.worker}" if slowest.worker else ", in the queue"
        place = f"trial {slowest.trial} at epoch {slowest.epochs} of {slowest.asked}{hand}"
        told = f"{_runs(runs.paused)} paused to be compared, until the others are as far; the last is {place}."
        yield Reason("round", told)
    left = sweep.spec.budget.trials - sweep.used.trials
    if left > 0 and sweep.ending is None:
        rounds = need_of(sweep.spec) is not Need.NOTHING
        then = " with the next round, once this one has ended" if rounds else " as the queue runs low"
        yield Reason("undrawn", f"{left} of {sweep.spec.budget.trials} trials are still to be drawn{then}.")
    if not open_ and sweep.state is SweepState.RUNNING and not facts.no_plan:
        yield Reason("planning", "No run is open: what comes next is being planned.")


def _budget(sweep: Sweep) -> Iterator[Reason]:
    budget, used = sweep.spec.budget, sweep.used
    if budget.seconds is not None:
        left = max(budget.seconds - used.seconds, 0.0)
        yield Reason("budget", f"Of its budget of {budget.seconds:g} seconds {left:.0f} are left.")
    if budget.epochs is not None:
        yield Reason("budget", f"Of its budget of {budget.epochs} epochs {used.epochs} are used or promised.")


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _at(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"
