"""Tests of the process that makes plans: the same plans as made here, whatever becomes of it."""

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from app.domain.plan import Plan, Snapshot
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Budget, SweepSpec
from app.domain.values import Value
from app.planning import fits_models, plan
from app.services.plan_process import PlanProcess
from tests.app.planning.simulation import SimulatedSweep, fates
from tests.app.planning.specs import search
from tests.system.processes import gone, until


@contextmanager
def plans() -> Iterator[PlanProcess]:
    """A process of plans that has ended when the test has."""
    process = PlanProcess()
    try:
        yield process
    finally:
        process.close()


def learning(kind: str = "gp", trials: int = 12) -> SweepSpec:
    """Return a sweep whose trials are drawn in batches of 4 by a sampler that learns."""
    return replace(search(Budget(trials)), sampler={"kind": kind, "batch": 4})


def learnt(spec: SweepSpec, seed: int = 1) -> Snapshot:
    """Return what is shown of a sweep once its first batch has stopped."""
    sweep = SimulatedSweep(spec, fates(seed))
    sweep.look()
    for run in sweep.in_state(TrialState.QUEUED):
        sweep.start(run)
        sweep.train(run)
    return sweep.snapshot()


class PlannedElsewhere(SimulatedSweep):
    """A sweep whose plans are made by a process that dies after each `lives`-th of them, and here to compare."""

    def __init__(self, spec: SweepSpec, process: PlanProcess, lives: int) -> None:
        super().__init__(spec, fates(3))
        self.process, self.lives, self.asked = process, lives, 0

    def planned(self, shown: Snapshot) -> Plan:
        made = self.process.plan(shown)
        assert made == plan(shown)
        self.asked += 1
        if self.asked % self.lives == 0:
            kill(self.process)
        return made


def kill(process: PlanProcess) -> int:
    """Kill the process of plans; return its id."""
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    return process.pid


@pytest.mark.parametrize(("scheduler", "lives"), [({"kind": "none"}, 4), ({"kind": "thaw", "batch": 4}, 9)])
def test_whole_sweeps_are_planned_as_they_are_here_also_if_it_dies_time_and_again(
    scheduler: Mapping[str, Value], lives: int
) -> None:
    with plans() as process:
        sweep = PlannedElsewhere(replace(learning(), scheduler=scheduler), process, lives)
        sweep.work(5, 3)
    assert sweep.state is SweepState.COMPLETED
    assert len(sweep.trials) == 12
    assert sweep.asked > lives


def test_several_sweeps_are_told_apart_and_fed_what_is_new_alone() -> None:
    one, other = learnt(learning("gp")), replace(learnt(learning("tpe"), seed=2), sweep="swp_2")
    with plans() as process:
        for snapshot in (one, other, one, other):
            assert process.plan(snapshot) == plan(snapshot)
        process.forget("swp_2")
        assert [process.plan(snapshot) for snapshot in (other, one)] == [plan(other), plan(one)]


def test_one_that_dies_over_a_plan_is_replaced_and_the_plan_made_again() -> None:
    snapshot, made = learnt(learning()), list[Plan]()
    with plans() as process:
        process.plan(snapshot)
        first = process.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        asking = Thread(target=lambda: made.append(process.plan(snapshot)))
        asking.start()
        kill(process)
        asking.join()
        assert made == [plan(snapshot)]
        assert process.pid != first


def test_a_dead_one_is_no_zombie_also_while_nobody_asks() -> None:
    with plans() as process:
        process.warm_up()
        dead = kill(process)
        until(lambda: not Path(f"/proc/{dead}").exists(), "somebody has waited for it")


def test_a_plan_that_fails_is_told_and_costs_no_other_plan() -> None:
    snapshot = learnt(learning())
    unknown = replace(snapshot, sweep="swp_2", spec=replace(snapshot.spec, scheduler={"kind": "unknown"}))
    with plans() as process:
        process.plan(snapshot)
        first = process.pid
        with pytest.raises(RuntimeError, match="KeyError: 'unknown'"):
            process.plan(unknown)
        assert process.plan(snapshot) == plan(snapshot)
        assert process.pid == first


class Unwritten:
    """A text of a snapshot that fails to be pickled so many times."""

    def __init__(self, failures: int) -> None:
        self.failures = failures

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        self.failures -= 1
        if self.failures >= 0:
            raise OverflowError("no room for it")
        return str, ("a reason",)


def test_a_question_that_was_not_written_to_its_end_is_asked_again_of_a_fresh_one() -> None:
    snapshot = learnt(learning())
    unread: Any = Unwritten(1)
    with plans() as process:
        process.plan(replace(snapshot, trials=snapshot.trials[:1], runs=snapshot.runs[:1]))
        first = process.pid
        assert process.plan(replace(snapshot, reason=unread)) == plan(snapshot)
        assert process.pid != first


def test_a_question_that_cannot_be_written_is_told_and_the_next_is_shown_everything() -> None:
    snapshot = learnt(learning())
    unread: Any = Unwritten(2)
    with plans() as process:
        with pytest.raises(RuntimeError, match=r"ended twice in a row.*no room for it"):
            process.plan(replace(snapshot, reason=unread))
        assert process.plan(snapshot) == plan(snapshot)


def test_one_that_cannot_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with plans() as process, pytest.raises(RuntimeError, match=r"cannot be started: .*/nowhere/python"):
        process.plan(learnt(learning()))


def test_once_closed_it_has_ended_and_nothing_is_planned_any_more() -> None:
    snapshot, process = learnt(learning()), PlanProcess()
    process.plan(snapshot)
    ended = process.pid
    assert ended is not None
    process.close()
    assert gone(ended)
    assert process.plan(snapshot) == Plan((), snapshot.memory)
    process.warm_up()
    assert process.pid == ended


def test_only_what_may_fit_a_model_is_worth_the_way() -> None:
    assert fits_models(learnt(learning()))
    assert not fits_models(replace(learnt(learning()), in_training=True))
    assert not fits_models(SimulatedSweep(learning(), fates(1)).snapshot())
    assert not fits_models(learnt(search(Budget(4))))
