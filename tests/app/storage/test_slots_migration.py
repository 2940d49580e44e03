"""Tests of the migration from metrics by name and times as text to packed rows."""

import json
import struct
from collections.abc import Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from app.domain.work import Epoch
from app.storage import FILE, SqliteStorage, metrics
from app.storage.connect import broken_references, unchecked_references, writing_engine
from app.storage.migrate import migrate
from app.storage.records import AnyRow
from tests.app.storage.simple_policy import SimplePolicy
from tests.app.storage.test_runs_migration import everything, fill, insert, rows, upgrade

MIGRATION = import_module("app.storage.migrations.versions.0008_slots")
THIRD, TINY = 1 / 3, 5e-324
MANY = {f"metric_{number}": number / 7 for number in range(40)}
ODD = {"dev_loss": None, "dev_r2": -0.0, "train_loss": TINY}
LATER = "2026-01-02T03:04:05.000007Z"


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Engine]:
    """A database of the seventh schema, in which one trial has two replicates; a run of a high key was deleted."""
    engine = writing_engine(tmp_path / FILE)
    with engine.connect() as connection, unchecked_references(connection), connection.begin():
        upgrade(connection, "0004")
        fill(connection)
        upgrade(connection, "0007")
        change = "UPDATE {} SET metrics = :metrics WHERE {}"
        connection.execute(text(change.format("trials", "sweep_key = 1")), {"metrics": json.dumps(MANY)})
        connection.execute(text(change.format("runs", "sweep_key = 1")), {"metrics": json.dumps(MANY)})
        connection.execute(text(change.format("epochs", "epoch = 1")), {"metrics": json.dumps(ODD)})
        connection.execute(text("UPDATE trials SET replicates = 2, created_at = :t WHERE number = 3"), {"t": LATER})
        connection.execute(text(change.format("runs", "trial = 3")), {"metrics": json.dumps(ODD)})
        run = {**dict(connection.execute(text("SELECT * FROM runs WHERE trial = 3")).one()._mapping)}
        insert(connection, "runs", **{**run, "key": 900, "replicate": 1, "cohort": "c2", "metrics": '{"dev_r2":0.5}'})
        insert(connection, "attempts", run_key=900, fence=1, worker="w", started_at=LATER, ended_at=LATER, epochs=1,
               ending="finished")  # fmt: skip
        insert(connection, "runs", **{**run, "key": 999, "replicate": 2})
        connection.execute(text("DELETE FROM runs WHERE key = 999"))
    yield engine
    engine.dispose()


@pytest.fixture
def migrated(old: Engine) -> Iterator[Connection]:
    with old.connect() as connection, unchecked_references(connection), connection.begin():
        migrate(connection)
        yield connection


def bits(found: dict[str, Any]) -> dict[str, bytes | None]:
    return {name: None if value is None else struct.pack("<d", value) for name, value in found.items()}


def found_row(connection: Connection, table: str, where: str) -> AnyRow:
    return connection.execute(text(f"SELECT * FROM {table} WHERE {where}")).one()  # noqa: S608 - our own names


def test_a_migrated_folder_is_read_as_it_was(old: Engine, tmp_path: Path) -> None:
    old.dispose()
    with closing(SqliteStorage(tmp_path, SimplePolicy())) as storage:
        assert bits(storage.trial("swp_a", 0).metrics) == bits(MANY)
        assert storage.trial("swp_b", 0).metrics == {"train_loss": THIRD, "dev_error": 0.25}
        assert storage.trial("swp_b", 2).metrics == {}
        assert storage.trial("swp_b", 3).created_at.isoformat() == LATER.replace("Z", "+00:00")
        first, second = storage.curve("swp_b", 0, 0, 0, 2)
        assert bits(first.metrics) == bits(ODD)
        assert second == Epoch(2, {"train_loss": THIRD / 2, "dev_loss": None, "dev_error": None}, 0.25)


def test_replicates_keep_what_they_came_to_and_only_runs_repeat_nothing(migrated: Connection) -> None:
    keys = [key for (key,) in rows(migrated, "stored_runs WHERE trial = 3", "key", "key")]
    assert rows(migrated, "replicate_metrics", "run_key", "run_key") == [(key,) for key in keys]
    found = metrics.of_runs(migrated, keys)
    assert [bits(found[key]) for key in keys] == [bits(ODD), bits({"dev_r2": 0.5})]


def test_runs_keep_their_keys_cohorts_and_leases(migrated: Connection) -> None:
    assert rows(migrated, "runs WHERE sweep_key = 2", "trial, replicate, cohort") == [
        (0, 0, ""), (1, 0, "c1"), (2, 0, "c1"), (3, 0, ""), (3, 1, "c2"), (4, 0, "")
    ]  # fmt: skip
    leased = found_row(migrated, "runs", "state = 'running'")
    assert (leased.worker, leased.fence, leased.leased_at[:4], leased.lease_until[:4]) == ("w1", 5, "2026", "2026")
    assert rows(migrated, "sqlite_sequence WHERE name = 'stored_runs'", "seq", "seq") == [(999,)]
    assert rows(migrated, "attempts", "run_key, started_at, ended_at") == [(900, LATER, LATER)]


def test_a_run_has_a_result_if_it_had_metrics(migrated: Connection) -> None:
    having = "stored_runs WHERE recorded_fence IS NOT NULL AND sweep_key = 2 AND state IN ('queued', 'running')"
    assert rows(migrated, having, "key", "key") == []
    assert found_row(migrated, "stored_runs", "sweep_key = 2 AND trial = 0").recorded_fence == 7


def test_nothing_refers_to_what_is_not_there_and_nothing_is_left_behind(migrated: Connection) -> None:
    assert broken_references(migrated) == []
    assert rows(migrated, "sqlite_schema WHERE name LIKE 'new%' OR sql LIKE '%new_%'", "name", "1") == []


@given(st.lists(st.dictionaries(st.sampled_from(list(MANY)), st.none() | st.floats(allow_nan=False))))
def test_what_is_packed_is_what_slots_unpack(several: list[dict[str, float | None]]) -> None:
    packing = MIGRATION.Packing(32)
    packed = [packing.pack(one) for one in several]
    slots = metrics.Slots(packing.numbers)
    names = packing.columns().split(", ")
    for one, values in zip(several, packed, strict=True):
        (row,) = slots.rows([one])
        found = {name: value for name, value in zip(names, values, strict=True) if value is not None}
        assert {**found, "other_metrics": json.loads(found.get("other_metrics", "null"))} == {
            "other_metrics": None,
            **row,
        }


def test_an_interrupted_migration_leaves_the_old_state(old: Engine) -> None:
    with old.connect() as connection, connection.begin():
        # So that one of the later statements fails.
        connection.exec_driver_sql("CREATE TABLE new_stored_attempts (in_the_way INTEGER)")
        before = everything(connection)
    with (
        pytest.raises(Exception, match="new_stored_attempts"),
        old.connect() as connection,
        unchecked_references(connection),
        connection.begin(),
    ):
        migrate(connection)
    with old.connect() as connection:
        assert everything(connection) == before
