"""Tests of the planner's thread on a real file."""

import logging
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from app.composition import open_services
from app.domain.states import SweepState
from app.planning import HORIZON
from app.services.services import Services
from app.settings import Settings
from app.storage import FILE
from app.storage.connect import writing_engine
from app.storage.tables import sweeps
from tests.app.services.requests import claimed, finish, patched, posted
from tests.system.processes import gone, planners_of, until


def change_row(folder: Path, sweep: str, spec: Any) -> Any:
    """Put another spec into the row of a sweep, as another program could; return the one that was there."""
    engine, row = writing_engine(folder / FILE), sweeps.c.id == sweep
    with engine.begin() as connection:
        before = connection.execute(select(sweeps.c.spec).where(row)).scalar_one()
        connection.execute(update(sweeps).where(row).values(spec=spec))
    engine.dispose()
    return before


def test_a_sweep_is_answered_with_its_first_trials_in_the_queue(services: Services) -> None:
    assert services.sweeps.get(posted(services, budget={"trials": 5})).used.trials == 5
    assert services.sweeps.get(posted(services, budget={"trials": 100_000})).used.trials == HORIZON


def test_a_queue_that_runs_low_is_filled_again(services: Services) -> None:
    sweep = posted(services, budget={"trials": 2 * HORIZON})
    claimed(services, HORIZON // 8)
    services.planner.wait_idle()
    assert services.sweeps.get(sweep).used.trials == HORIZON
    claimed(services, 1)
    services.planner.wait_idle()
    assert services.sweeps.get(sweep).used.trials == HORIZON + HORIZON // 8


def test_a_sweep_ends_when_its_last_result_is_in(services: Services) -> None:
    sweep = posted(services, budget={"trials": 3})
    finish(services, claimed(services, 3))
    services.planner.wait_idle()
    assert services.sweeps.get(sweep).state is SweepState.COMPLETED


def test_a_result_as_good_as_the_target_ends_the_sweep(services: Services) -> None:
    sweep = posted(services, budget={"trials": 100, "target": 0.25})
    first, second = claimed(services, 2)
    finish(services, [first], 0.5)
    services.planner.wait_idle()
    assert services.sweeps.get(sweep).ending is None
    finish(services, [second], 0.25)
    services.planner.wait_idle()
    found = services.sweeps.get(sweep)
    assert found.state is SweepState.COMPLETED
    assert found.best is not None
    assert found.best.value == 0.25


def test_what_ended_unseen_is_planned_at_the_next_start(tmp_path: Path) -> None:
    with open_services(Settings(data=tmp_path)) as services:
        sweep = posted(services, budget={"trials": 1})
        services.planner.close()  # it died with the server, just before the last result was in
        finish(services, claimed(services, 1))
        assert services.sweeps.get(sweep).state is SweepState.RUNNING
    with open_services(Settings(data=tmp_path)) as services:
        services.planner.wait_idle()
        assert services.sweeps.get(sweep).state is SweepState.COMPLETED


def test_a_sweep_that_cannot_be_planned_stops_no_other_and_is_tried_again(
    services: Services, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = posted(services, budget={"trials": 1}), posted(services, budget={"trials": 1})
    runs = claimed(services, 2)
    spec = change_row(tmp_path, broken, {})
    with caplog.at_level(logging.ERROR):
        finish(services, runs)
        for _ in range(2):
            services.planner.wait_idle()
            services.planner.look(broken)
        services.planner.wait_idle()
    assert sum(broken in record.getMessage() for record in caplog.records) == 1
    assert services.sweeps.get(sound).state is SweepState.COMPLETED
    change_row(tmp_path, broken, spec)
    services.planner.look_again()
    services.planner.wait_idle()
    assert services.sweeps.get(broken).state is SweepState.COMPLETED


def test_a_sweep_says_that_its_models_cannot_be_fitted_and_goes_on_once_they_can(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = posted(services, sampler={"kind": "gp", "batch": 2}, budget={"trials": 4})
    for child in planners_of(os.getpid()):
        os.kill(child, signal.SIGKILL)
        until(partial(gone, child), "it is gone")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    finish(services, claimed(services, 4))
    services.planner.wait_idle()
    said = services.sweeps.halt(services.sweeps.get(sweep))
    assert said is not None
    assert said.startswith("What comes next in this sweep could not be planned: the process that makes it cannot be")
    assert "/nowhere/python" in said
    monkeypatch.undo()
    services.planner.look_again()
    services.planner.wait_idle()
    assert services.sweeps.halt(services.sweeps.get(sweep)) is None
    assert services.sweeps.get(sweep).used.trials == 4


def test_more_budget_is_drawn_from_at_once(services: Services) -> None:
    sweep = posted(services, budget={"trials": 1})
    finish(services, claimed(services, 1))
    services.planner.wait_idle()
    changed = patched(services, sweep, budget={"trials": 3})
    assert (changed.state, changed.used.trials) == (SweepState.RUNNING, 3)


def test_a_deleted_sweep_is_no_trouble(services: Services, caplog: pytest.LogCaptureFixture) -> None:
    sweep = posted(services)
    services.sweeps.cancel(sweep, keep=False)
    services.sweeps.delete(sweep)
    services.planner.look(sweep)
    services.planner.wait_idle()
    assert not caplog.records
