"""Tests of the migration from segments to runs, on a small database of the schema before."""

import hashlib
import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

from app.storage import FILE, SqliteStorage
from app.storage.artifacts import read
from app.storage.connect import unchecked_references, writing_engine
from app.storage.migrate import migrate
from app.storage.records import AnyRow
from tests.app.storage.simple_policy import SimplePolicy
from tests.system import upgrade as upgraded
from tests.system.upgrade.archives import Archives

T0, T1, T2, T3 = (f"2026-01-02T03:04:{second:02}.000000Z" for second in range(4))
PIECE = 1 << 20
WEIGHTS = bytes(range(256)) * (PIECE // 256) + b"tail"
THIRD = 1 / 3
SPEC = {"fixed": {"epochs": 4}, "objective": {"metric": "train_loss", "diverged": "best_epoch"}, "rules": 2}


def insert(connection: Connection, table: str, **row: Any) -> None:
    names, places = ", ".join(row), ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), row)  # noqa: S608 - our own names


def add_sweep(connection: Connection, sweep: str, state: str, **row: Any) -> None:
    defaults = {
        "id": sweep,
        "name": f"the {sweep}",
        "state": state,
        "dataset": "rain",
        "dataset_sha256": "ab",
        "artifact_key": 1,
        "dataset_summary": "{}",
        "metric": "train_loss",
        "seed": 2**63 - 1,
        "budget_trials": 9,
        "keep_models": 3,
        "drawn": 0,
        "posted": '{"a":1}',
        "created_at": T0,
        "spec": json.dumps(SPEC),
        "started_at": T1,
    }
    insert(connection, "sweeps", **{**defaults, **row})


def add_trial(connection: Connection, sweep: str, number: int, state: str, **row: Any) -> None:
    defaults = {
        "sweep_id": sweep,
        "number": number,
        "state": state,
        "params": "{}",
        "epochs": 0,
        "seconds": 0.5,
        "created_at": T0,
        "started_at": T1,
    }
    insert(connection, "trials", **{**defaults, **row})


def add_segment(connection: Connection, sweep: str, trial: int, **row: Any) -> None:
    defaults = {
        "sweep_id": sweep,
        "trial": trial,
        "from_epoch": 0,
        "to_epoch": 4,
        "cohort": "c1",
        "state": "queued",
        "fence": 0,
        "losses": 0,
    }
    insert(connection, "segments", **{**defaults, **row})


def add_epochs(connection: Connection, sweep: str, trial: int, *epochs: int) -> None:
    for epoch in epochs:
        insert(connection, "epochs", sweep_id=sweep, trial=trial, epoch=epoch, train_loss=THIRD / epoch, seconds=0.25)


def fill(connection: Connection) -> None:
    """Store a running sweep with a trial of each kind, and an ended one, older by its id."""
    insert(connection, "artifacts", key=1, sha256="ab", size=0, state="here", brought_at=T0)
    add_sweep(connection, "swp_b", "running", drawn=5)
    add_trial(
        connection, "swp_b", 0, "completed", train_loss=THIRD, dev_error=0.25, value=THIRD, best_epoch=2, epochs=3,
        reason="no better", fence=7, finished_at=T3, params='{"epochs":6}',
    )  # fmt: skip
    add_epochs(connection, "swp_b", 0, 1, 2, 3)
    add_trial(connection, "swp_b", 1, "running", epochs=4, fence=2)
    lease = {"state": "leased", "worker": "w1", "fence": 5, "lease_until": T2, "losses": 1}
    add_segment(connection, "swp_b", 1, **lease)
    add_epochs(connection, "swp_b", 1, 1, 2, 4)
    add_trial(connection, "swp_b", 2, "queued", started_at=None)
    add_segment(connection, "swp_b", 2, losses=4, fence=9)
    add_trial(connection, "swp_b", 3, "diverged", epochs=1, reason="a loss became infinite", fence=1, finished_at=T2)
    add_trial(connection, "swp_b", 4, "failed", reason="lost", finished_at=T2)
    add_sweep(connection, "swp_a", "completed", drawn=1, finished_at=T3, reason="done", spec="{}", budget_seconds=60.0)
    add_trial(connection, "swp_a", 0, "completed", value=0.5, best_epoch=1, epochs=1, fence=1, finished_at=T3)
    for sweep, trial, weights in (("swp_b", 0, WEIGHTS), ("swp_a", 0, WEIGHTS), ("swp_b", 3, b"")):
        insert(
            connection, "models", sweep_id=sweep, trial=trial, value=0.5, weights=weights, made_with='{"cpu":"some"}'
        )


def upgrade(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "app.storage:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Engine]:
    engine = writing_engine(tmp_path / "old.db")
    with engine.connect() as connection, connection.begin():
        upgrade(connection, "0004")
        fill(connection)
    yield engine
    engine.dispose()


@pytest.fixture
def migrated(old: Engine) -> Iterator[Connection]:
    with old.connect() as connection, unchecked_references(connection), connection.begin():
        upgrade(connection, "0005")
        yield connection


def rows(connection: Connection, table: str, columns: str, order: str = "1, 2") -> list[tuple[Any, ...]]:
    found = connection.execute(text(f"SELECT {columns} FROM {table} ORDER BY {order}"))  # noqa: S608 - our own names
    return [tuple(row) for row in found]


def everything(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Return the schema and all rows of all tables."""
    schema = connection.execute(text("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'")).all()
    tables = [name for name, sql in schema if sql.startswith("CREATE TABLE")]
    return {"": [tuple(row) for row in schema]} | {name: rows(connection, name, "*", "1") for name in tables}


def run(connection: Connection, number: int) -> AnyRow:
    """Return the run of a trial of the running sweep, which has key 2."""
    return connection.execute(text("SELECT * FROM runs WHERE sweep_key = 2 AND trial = :n"), {"n": number}).one()


def test_sweeps_get_keys_in_the_order_of_their_ids_and_what_their_specs_said(migrated: Connection) -> None:
    named = "key, id, name, tags, notes, state, ending, trainer, unit, replicates, plan_version, plan, deleted"
    same = ("[]", "")
    assert rows(migrated, "sweeps", named) == [
        (1, "swp_a", "the swp_a", *same, "completed", None, "logsweep", "epoch", 1, 0, "{}", 0),
        (2, "swp_b", "the swp_b", *same, "running", None, "logsweep", "epoch", 1, 0, "{}", 0),
    ]
    assert rows(migrated, "sweeps", "key, rules, diverged, metric, budget_seconds, finished_at, posted") == [
        (1, 1, "exclude", "train_loss", 60.0, T3, '{"a":1}'),
        (2, 2, "best_epoch", "train_loss", None, None, '{"a":1}'),
    ]


def test_what_is_used_counts_the_epochs_asked_for_and_the_time_to_the_last_end(migrated: Connection) -> None:
    used = rows(migrated, "sweeps", "key, charged_epochs, used_seconds")
    assert [row[:2] for row in used] == [(1, 20), (2, 6 + 4 + 4 + 4 + 4)]
    assert [row[2] for row in used] == pytest.approx([2.0, 2.0], abs=1e-3)


def test_an_ended_trial_has_a_run_with_its_result_to_the_last_bit(migrated: Connection) -> None:
    one = run(migrated, 0)
    assert json.loads(one.metrics) == {"train_loss": THIRD, "dev_error": 0.25}
    assert (one.state, one.value, one.best_epoch, one.epochs, one.asked) == ("completed", THIRD, 2, 3, 6)
    assert (one.fence, one.recorded_fence, one.cohort, one.worker, one.reason) == (7, 7, "", None, "no better")
    assert [(run(migrated, n).state, run(migrated, n).metrics) for n in (3, 4)] == [
        ("diverged", None),
        ("failed", None),
    ]


def test_a_leased_segment_becomes_a_run_in_training_with_its_lease_and_the_larger_fence(migrated: Connection) -> None:
    one = run(migrated, 1)
    assert (one.state, one.worker, one.leased_at, one.lease_until) == ("running", "w1", T1, T2)
    assert (one.fence, one.recorded_fence, one.losses, one.alone_losses, one.cohort) == (5, 2, 1, 0, "c1")


def test_a_queued_segment_becomes_a_queued_run_and_a_suspect_stays_one(migrated: Connection) -> None:
    one = run(migrated, 2)
    assert (one.state, one.worker, one.lease_until, one.losses, one.fence) == ("queued", None, None, 4, 9)
    assert (one.asked, one.epochs, one.round) == (4, 0, 0)


def test_epochs_stay_as_far_as_they_have_no_gap(migrated: Connection) -> None:
    assert run(migrated, 1).epochs == 2
    running, ended = run(migrated, 1).key, run(migrated, 0).key
    curve = rows(migrated, "epochs", "run_key, epoch, train_loss")
    assert [row for row in curve if row[0] == running] == [(running, 1, THIRD), (running, 2, THIRD / 2)]
    assert [row[1] for row in curve if row[0] == ended] == [1, 2, 3]
    assert rows(migrated, "trials", "number, epochs")[2:4] == [(1, 2), (2, 0)]


def test_weights_become_artifacts_in_pieces_and_equal_ones_are_stored_once(migrated: Connection) -> None:
    digest = hashlib.sha256(WEIGHTS).hexdigest()
    assert read(migrated, digest) == WEIGHTS
    kept = "models JOIN artifacts ON artifacts.key = models.artifact_key"
    assert rows(migrated, kept, "sweep_key, trial, sha256, size, value, settled, made_with") == [
        (1, 0, digest, len(WEIGHTS), 0.5, 1, '{"cpu":"some"}'),
        (2, 0, digest, len(WEIGHTS), 0.5, 1, '{"cpu":"some"}'),
        (2, 3, hashlib.sha256(b"").hexdigest(), 0, 0.5, 1, '{"cpu":"some"}'),
    ]
    assert rows(migrated, "artifact_pieces", "number, length(content)") == [(0, PIECE), (1, 4)]


def test_no_old_table_is_left(migrated: Connection) -> None:
    left = migrated.execute(text("SELECT name FROM sqlite_schema WHERE name LIKE 'old%' OR name = 'segments'"))
    assert left.all() == []


def test_no_row_is_sorted_on_its_way(old: Engine) -> None:
    """Memory would grow with the rows: what is sorted lies in memory."""
    migration = import_module("app.storage.migrations.versions.0005_runs")
    with old.connect() as connection, unchecked_references(connection), connection.begin() as transaction:
        migration._function(connection, "metrics_json", 8, migration._metrics_json)
        migration._set_aside(connection)
        for statement in (*migration.TABLES, *migration.INDEXES):
            connection.exec_driver_sql(statement)
        for moving in (migration._TRIALS, migration._RUNS, migration._EPOCHS):
            steps = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {moving}")]
            assert steps[0].startswith("SCAN ")
            assert not [step for step in steps if "TEMP B-TREE" in step or "MATERIALIZE" in step]
        transaction.rollback()


def test_an_interrupted_migration_leaves_the_old_state(old: Engine) -> None:
    with old.connect() as connection:
        before = everything(connection)
    with old.connect() as connection, connection.begin():
        # In the way of the last rows that are moved.
        connection.execute(
            text("CREATE TRIGGER stop BEFORE INSERT ON artifacts BEGIN SELECT raise(ABORT, 'stopped'); END")
        )
    with (
        pytest.raises(Exception, match="stopped"),
        old.connect() as connection,
        unchecked_references(connection),
        connection.begin(),
    ):
        migrate(connection)
    with old.connect() as connection, connection.begin():
        connection.execute(text("DROP TRIGGER stop"))
    with old.connect() as connection:
        assert everything(connection) == before


def test_a_folder_of_the_last_version_with_segments_keeps_its_curves_and_models(tmp_path: Path) -> None:
    folder = Archives(Path(upgraded.__file__).parent / "segments").unpack(tmp_path / "data")
    SqliteStorage(folder, SimplePolicy()).close()
    engine = writing_engine(folder / FILE)
    with engine.connect() as connection, connection.begin():
        states = rows(connection, "runs", "DISTINCT state", "1")
        assert {state for (state,) in states} >= {"queued", "running", "completed", "diverged", "failed", "cancelled"}
        stored = "(SELECT count(*) FROM epochs WHERE run_key = key AND epoch <= runs.epochs)"
        assert rows(connection, f"runs WHERE epochs != {stored}", "count(*)", "1") == [(0,)]
        behind = "epochs JOIN runs ON key = run_key WHERE epoch > runs.epochs"
        assert rows(connection, behind, "count(*)", "1") == [(0,)]
        hashes = [row[0] for row in rows(connection, "models JOIN artifacts ON key = artifact_key", "sha256", "1")]
        assert hashes
        assert all(hashlib.sha256(read(connection, sha256)).hexdigest() == sha256 for sha256 in hashes)
    engine.dispose()
