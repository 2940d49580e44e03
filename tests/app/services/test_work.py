"""Tests of the use cases of workers on a real file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.domain.states import SweepState, TrialState
from app.logs.console import ConsoleFormatter
from app.planning import StandardPolicy
from app.preparation.preparation import Limits, Preparation
from app.services.checkpoints import FOLDER, Checkpoints
from app.services.clock import Clock
from app.services.services import Services
from app.storage import SqliteStorage
from tests.app.services.requests import claimed, finish, patched, posted

LEASE_SECONDS = 30.0


class Ticks:
    """A monotonic clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def services_at(folder: Path, ticks: Ticks) -> Iterator[Services]:
    """The use cases on a data folder, with a planner and without a reaper."""
    storage = SqliteStorage(folder, StandardPolicy())
    services = Services.on(
        storage,
        Clock(lambda: 1.6e9, ticks),
        bytes,
        lease_seconds=LEASE_SECONDS,
        preparation=Preparation(Limits(1 << 20, 1 << 30, 60.0), 1),
        checkpoints=Checkpoints(folder / FOLDER, 1 << 20),
    )
    services.datasets.register_builtin()
    services.planner.start()
    try:
        yield services
    finally:
        services.planner.close()
        storage.close()


@pytest.fixture
def ticks() -> Ticks:
    """The clock of the use cases."""
    return Ticks()


@pytest.fixture
def services(tmp_path: Path, ticks: Ticks) -> Iterator[Services]:
    """The use cases at that clock."""
    with services_at(tmp_path, ticks) as opened:
        yield opened


def reap_after(services: Services, ticks: Ticks, seconds: float) -> int:
    """Reap after some time in which the server ran."""
    count, end = 0, ticks.now + seconds
    while ticks.now < end:
        ticks.now = min(ticks.now + 5.0, end)
        count += services.work.reap()
    return count


def reap_after_a_halt(services: Services, ticks: Ticks, seconds: float) -> int:
    """Reap after some time in which the server stood still."""
    ticks.now += seconds
    return services.work.reap()


def test_time_passes_for_a_sweep_from_its_first_claim_on(services: Services, ticks: Ticks) -> None:
    sweep = posted(services, budget={"trials": 4, "seconds": 100})
    reap_after(services, ticks, 1.0)
    assert services.sweeps.get(sweep).used.seconds == 0.0
    claimed(services, 1)
    for _ in range(3):
        reap_after(services, ticks, 1.0)
    assert services.sweeps.get(sweep).used.seconds == 3.0


def test_a_halt_of_the_server_is_no_time_in_which_work_could_be_done(services: Services, ticks: Ticks) -> None:
    sweep = posted(services, budget={"trials": 4, "seconds": 100})
    claimed(services, 1)
    reap_after_a_halt(services, ticks, 3600.0)
    assert services.sweeps.get(sweep).used.seconds == 10.0


def test_workers_that_nobody_heard_in_a_halt_of_the_server_get_a_term_to_speak(
    services: Services, ticks: Ticks
) -> None:
    posted(services, budget={"trials": 1})
    claimed(services, 1)
    assert reap_after_a_halt(services, ticks, 3600.0) == 0
    assert reap_after(services, ticks, LEASE_SECONDS - 1.0) == 0
    assert reap_after(services, ticks, 2.0) == 1


def test_a_sweep_whose_time_is_up_tells_its_workers_to_complete(services: Services, ticks: Ticks) -> None:
    sweep = posted(services, budget={"trials": 4, "seconds": 5})
    runs = claimed(services, 1)
    reap_after(services, ticks, 6.0)
    services.planner.wait_idle()
    found = services.sweeps.get(sweep)
    assert (found.state, found.ending) == (SweepState.RUNNING, SweepState.COMPLETED)
    finish(services, runs)
    services.planner.wait_idle()
    found = services.sweeps.get(sweep)
    assert found.state is SweepState.COMPLETED
    assert found.best is not None


def test_more_seconds_go_to_the_trials_that_the_end_had_cancelled(services: Services, ticks: Ticks) -> None:
    sweep = posted(services, budget={"trials": 4, "seconds": 5})
    runs = claimed(services, 1)
    reap_after(services, ticks, 6.0)
    services.planner.wait_idle()
    finish(services, runs)
    services.planner.wait_idle()
    assert patched(services, sweep, budget={"seconds": 100}).state is SweepState.RUNNING
    finish(services, claimed(services, 4))
    services.planner.wait_idle()
    found = services.sweeps.get(sweep)
    assert (found.reason, found.counts[TrialState.COMPLETED]) == ("all trials of the budget finished", 4)


def test_a_sweep_that_ends_waits_no_longer_than_the_leases_of_its_silent_workers(
    services: Services, ticks: Ticks
) -> None:
    sweep = posted(services, budget={"trials": 4})
    claimed(services, 1)
    services.sweeps.cancel(sweep, keep=True)
    assert services.sweeps.get(sweep).state is SweepState.RUNNING
    assert reap_after(services, ticks, LEASE_SECONDS + 1.0) == 1
    services.planner.wait_idle()
    assert services.sweeps.get(sweep).state is SweepState.CANCELLED


def test_what_a_silent_worker_held_goes_to_another_and_the_log_names_it(
    services: Services, ticks: Ticks, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted(services, budget={"trials": 1})
    (lost,) = claimed(services, 1, "silent")
    monkeypatch.setattr(caplog.handler, "formatter", ConsoleFormatter())  # as a server logs
    assert reap_after(services, ticks, LEASE_SECONDS + 1.0) == 1
    assert "silent for longer than its lease: 1 of its runs go to others. [worker=silent]" in caplog.text
    (again,) = claimed(services, 1, "other")
    assert (again.lease.run, again.lease.fence) == (lost.lease.run, lost.lease.fence + 1)


def test_what_a_dead_child_held_goes_to_another_with_the_reason(services: Services) -> None:
    sweep = posted(services, budget={"trials": 1})
    claimed(services, 1, "local-1")
    assert services.work.lose_worker("local-1", "signal", "killed by signal 9") == 1
    assert len(claimed(services, 1, "local-2")) == 1
    ended, lasting = services.trials.attempts(sweep, 0, 10, None).items
    assert (ended.worker, ended.ending, ended.reason) == ("local-1", "signal", "killed by signal 9")
    assert (lasting.worker, lasting.ending) == ("local-2", None)


def test_of_runs_with_a_result_nothing_is_remembered_until_they_are_leased_again(services: Services) -> None:
    posted(services, budget={"trials": 8})
    runs = claimed(services, 8)
    finish(services, runs[:5])
    assert len(services.work._foreign) == 3, "those in training"
    finish(services, runs[5:])
    assert len(services.work._foreign) == 0
    finish(services, runs, outcome="repeated")
    assert len(services.work._foreign) == 0
