"""Counts and the best trial of a sweep are kept up with every commit, and an upgrade fills them from what is there."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, update

from app.domain.states import TrialState
from app.domain.sweeps import Best
from app.domain.work import Result
from app.storage import FILE, SqliteStorage, changes, counts, moves
from app.storage.changes import Compared
from app.storage.connect import writing_engine
from app.storage.outcomes import follow_runs
from app.storage.tables import sweeps, trials
from tests.app.storage.auditor import audit_folder
from tests.app.storage.queue_world import METRIC, NOW, World, completed, points
from tests.app.storage.simple_policy import SimplePolicy


def best(world: World) -> tuple[int, float] | None:
    world.commit()
    kept = counts.of(world.connection, [1])[1].best
    return None if kept is None else (kept.trial, kept.value)


@pytest.mark.parametrize(("direction", "wanted"), [("minimize", (1, 0.25)), ("maximize", (0, 0.5))])
def test_the_best_follows_the_direction_and_of_equals_it_is_the_lowest_number(
    world: World, direction: str, wanted: tuple[int, float]
) -> None:
    world.add_sweep(trials=5)
    world.connection.execute(update(sweeps).values(direction=direction))
    by_trial = {one.trial: one.lease for one in world.claim(slots=5)}
    for trial, value in ((4, 0.5), (2, 0.25), (3, None), (1, 0.25), (0, 0.5)):
        world.finish(completed(by_trial[trial], value))
    assert best(world) == wanted


def test_a_best_that_loses_its_value_to_a_late_replicate_gives_way_to_the_next(world: World) -> None:
    world.add_sweep(trials=2, replicates=2)
    by_run = {(one.trial, one.replicate): one.lease for one in world.claim(slots=4)}
    world.finish(completed(by_run[1, 0], 0.75), completed(by_run[1, 1], 0.75))
    failed = Result(by_run[0, 0], "failed", {}, None, 0, 0.5, "an error", [])
    world.finish(completed(by_run[0, 1], 0.25), failed)
    assert best(world) == (1, 0.75)


def test_a_value_counts_once_its_trial_is_final(world: World) -> None:
    world.add_sweep(trials=1, asked=1)
    (claimed,) = world.claim()
    world.finish(Result(claimed.lease, "paused", {METRIC: 0.5}, 1, 1, 0.5, "paused", points(1)))
    assert (world.trial(0).value, best(world)) == (0.5, None)
    moves.prune(world.connection, {claimed.lease.run: "worse than others"})
    follow_runs(world.connection, world.policy, [(1, 0)], NOW)
    assert best(world) == (0, 0.5)


@pytest.mark.parametrize(("other", "wanted"), [(0.5, (1, 0.5)), (0.75, (0, 0.5))])
def test_a_pruned_trial_is_the_best_only_if_no_completed_one_is_as_good(
    world: World, other: float, wanted: tuple[int, float]
) -> None:
    world.add_sweep(trials=3, asked=1)
    first, *others = world.claim(slots=3)
    world.finish(Result(first.lease, "paused", {METRIC: 0.5}, 1, 1, 0.5, "paused", points(1)))
    moves.prune(world.connection, {first.lease.run: "worse than others"})
    follow_runs(world.connection, world.policy, [(1, 0)], NOW)
    assert best(world) == (0, 0.5)
    for one in others:
        world.finish(completed(one.lease, other, epochs=1))
    assert best(world) == wanted


def test_the_next_best_is_a_completed_one_where_it_is_as_good_as_a_pruned_one(world: World) -> None:
    world.add_sweep(trials=3, asked=1)
    leases = {one.trial: one.lease for one in world.claim(slots=3)}
    world.finish(Result(leases[0], "paused", {METRIC: 0.5}, 1, 1, 0.5, "paused", points(1)))
    moves.prune(world.connection, {leases[0].run: "worse than others"})
    follow_runs(world.connection, world.policy, [(1, 0)], NOW)
    world.finish(completed(leases[1], 0.5, epochs=1), completed(leases[2], 0.25, epochs=1))
    assert best(world) == (2, 0.25)
    world.connection.execute(update(trials).where(trials.c.number == 2).values(value=None))
    changes.of(world.connection).result(1, 2, Compared(None, TrialState.COMPLETED))
    assert best(world) == (1, 0.5)


def test_an_upgrade_counts_the_trials_that_are_there(tmp_path: Path) -> None:
    engine = writing_engine(tmp_path / FILE)
    with engine.connect() as connection, connection.begin():
        config = Config()
        config.set_main_option("script_location", "app.storage:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        for key, direction in enumerate(("minimize", "maximize"), start=1):
            sweep = {"key": key, "id": f"swp_{key}", "state": "running", "direction": direction, "artifact_key": 1}
            _insert(connection, "sweeps", sweep)
            for number, (state, value) in enumerate(OLD_TRIALS):
                _insert(connection, "trials", {"sweep_key": key, "number": number, "state": state, "value": value})
        _insert(connection, "artifacts", {"key": 1, "sha256": "ab", "state": "here"})
    engine.dispose()
    with closing(SqliteStorage(tmp_path, SimplePolicy())) as storage:
        kept = storage.read(counts.of, [1, 2])
    assert [one.best for one in kept.values()] == [Best(5, 0.25, {}), Best(3, 0.5, {})]
    assert {state: count for state, count in kept[1].counts.items() if count} == {
        TrialState.QUEUED: 1,
        TrialState.PAUSED: 1,
        TrialState.COMPLETED: 3,
        TrialState.PRUNED: 1,
        TrialState.DIVERGED: 1,
    }
    audit_folder(tmp_path)


OLD_TRIALS = (
    ("queued", None),
    ("paused", 0.125),
    ("diverged", None),
    ("completed", 0.5),
    ("pruned", 0.25),
    ("completed", 0.25),
    ("completed", 0.5),
)


def _insert(connection: Connection, table: str, values: Mapping[str, Any]) -> None:
    """Insert a row that has something in every column that needs it."""
    fill: dict[str, Any] = {"INTEGER": 0, "REAL": 0.0, "TEXT": "{}"}
    columns = connection.exec_driver_sql(f"PRAGMA table_info({table})").all()
    row = {column.name: fill[column.type] for column in columns if column.notnull} | dict(values)
    row |= {name: "2026-01-02T03:04:05.000000Z" for name in row if name.endswith("_at")}
    names, places = ", ".join(f'"{name}"' for name in row), ", ".join("?" for _ in row)
    connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({places})", tuple(row.values()))  # noqa: S608 - words of ours
