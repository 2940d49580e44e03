"""Tests of the migration from columns that are named after metrics to objects by name."""

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

from app.domain.work import Epoch, Metrics
from app.storage import FILE, SqliteStorage
from app.storage.connect import broken_references, unchecked_references, writing_engine
from app.storage.migrate import migrate
from tests.app.storage.simple_policy import SimplePolicy
from tests.app.storage.test_runs_migration import everything, fill, insert, rows, upgrade

MIGRATION = import_module("app.storage.migrations.versions.0006_metrics")
THIRD, TINY, LARGE = 1 / 3, 5e-324, 1.7976931348623157e308
RUNNING, NUMBERS = 2, 1
"""The keys of a sweep with classes and of one with numbers."""


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Engine]:
    """A database of the fifth schema; what no trial of its own had, it has none of either."""
    engine = writing_engine(tmp_path / FILE)
    with engine.connect() as connection, unchecked_references(connection), connection.begin():
        upgrade(connection, "0004")
        fill(connection)
        upgrade(connection, "0005")
        connection.execute(
            text("UPDATE sweeps SET dataset_summary = :summary WHERE key = 1"), {"summary": '{"task":"regression"}'}
        )
        connection.execute(text("UPDATE trials SET dev_rmse = :large WHERE sweep_key = 1"), {"large": LARGE})
        connection.execute(text("UPDATE epochs SET dev_loss = :tiny, dev_error = 0.1"), {"tiny": TINY})
        insert(connection, "epochs", run_key=1, epoch=1, dev_loss=THIRD, dev_rmse=LARGE, seconds=0.25)
    yield engine
    engine.dispose()


@pytest.fixture
def migrated(old: Engine) -> Iterator[Connection]:
    with old.connect() as connection, unchecked_references(connection), connection.begin():
        upgrade(connection, "0006")
        yield connection


def objects(connection: Connection, table: str, where: str, order: str) -> list[Any]:
    found = rows(connection, f"{table} WHERE {where}", "metrics", order)
    return [None if metrics is None else json.loads(metrics) for (metrics,) in found]


def test_trials_keep_the_metrics_that_they_had_to_the_last_bit(migrated: Connection) -> None:
    ended, *others = objects(migrated, "trials", f"sweep_key = {RUNNING}", "number")
    assert ended == {"train_loss": THIRD, "dev_error": 0.25}
    assert others == [None] * 4
    assert objects(migrated, "trials", f"sweep_key = {NUMBERS}", "number") == [{"dev_rmse": LARGE}]


def test_epochs_have_the_metrics_of_their_task_and_null_where_one_was_not_finite(migrated: Connection) -> None:
    of_classes = objects(migrated, "epochs", "run_key = (SELECT min(key) FROM runs WHERE sweep_key = 2)", "epoch")
    assert of_classes[0] == {"train_loss": THIRD, "dev_loss": TINY, "dev_error": 0.1}
    (of_numbers,) = objects(migrated, "epochs", "run_key = 1", "epoch")
    assert of_numbers == {"train_loss": None, "dev_loss": THIRD, "dev_rmse": LARGE}


def test_sweeps_say_which_way_their_metrics_are_better(migrated: Connection) -> None:
    assert rows(migrated, "sweeps", "key, metric, direction") == [
        (1, "train_loss", "minimize"),
        (2, "train_loss", "minimize"),
    ]
    numbers, classes = (
        {one["name"]: one["direction"] for one in metrics} for metrics in objects(migrated, "sweeps", "true", "key")
    )
    assert (numbers["dev_r2"], numbers["dev_rmse"], "dev_error" in numbers) == ("maximize", "minimize", False)
    assert (classes["test_auc"], classes["train_loss"], "dev_rmse" in classes) == ("maximize", "minimize", False)
    assert {name for name in classes if name.startswith("train_")} == {"train_loss", "train_error", "train_accuracy"}
    assert {name for name in numbers if name.startswith("train_")} == {"train_loss", "train_rmse"}


def test_models_keep_their_costs_and_nothing_refers_to_what_is_not_there(migrated: Connection) -> None:
    assert rows(migrated, "models", "sweep_key, trial, cost") == [(1, 0, 0.5), (2, 0, 0.5), (2, 3, 0.5)]
    assert broken_references(migrated) == []
    left = rows(migrated, "sqlite_schema WHERE name LIKE 'new%' OR sql LIKE '%new_%'", "name", "1")
    assert left == []


def test_a_migrated_folder_is_read_as_it_was(old: Engine, tmp_path: Path) -> None:
    old.dispose()
    with closing(SqliteStorage(tmp_path, SimplePolicy())) as storage:
        assert storage.trial("swp_b", 0).metrics == {"train_loss": THIRD, "dev_error": 0.25}
        metrics: Metrics = {"train_loss": THIRD / 2, "dev_loss": TINY, "dev_error": 0.1}
        assert storage.curve("swp_b", 0, 0, 1, 1) == [Epoch(2, metrics, 0.25)]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=8, max_size=8))
def test_every_number_keeps_its_bits(values: list[float]) -> None:
    stored = json.loads(MIGRATION._trial_metrics_json(None, *values))
    assert [struct.pack("<d", stored[name]) for name in MIGRATION._TRIAL_METRICS] == [
        struct.pack("<d", value) for value in values
    ]


def test_no_row_is_sorted_on_its_way(old: Engine) -> None:
    """Memory would grow with the rows: what is sorted lies in memory."""
    with old.connect() as connection, unchecked_references(connection), connection.begin() as transaction:
        MIGRATION.register_functions(connection)
        for statement in (MIGRATION.SWEEPS, MIGRATION.TRIALS, MIGRATION.EPOCHS):
            connection.exec_driver_sql(statement)
        for moving in (MIGRATION.MOVE_SWEEPS, MIGRATION.MOVE_TRIALS, MIGRATION.MOVE_EPOCHS):
            steps = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {moving}")]
            assert steps[0].startswith("SCAN ")
            assert not [step for step in steps if "TEMP B-TREE" in step or "MATERIALIZE" in step]
        transaction.rollback()


def test_an_interrupted_migration_leaves_the_old_state(old: Engine) -> None:
    with old.connect() as connection, connection.begin():
        # So that one of the last statements fails.
        connection.exec_driver_sql("DROP INDEX ix_models_sweep_key_settled_value_trial")
        before = everything(connection)
    with (
        pytest.raises(Exception, match="ix_models"),
        old.connect() as connection,
        unchecked_references(connection),
        connection.begin(),
    ):
        migrate(connection)
    with old.connect() as connection:
        assert everything(connection) == before
