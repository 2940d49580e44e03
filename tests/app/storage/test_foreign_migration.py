"""Tests of the migration that lets sweeps be without a data set, on a filled database of the schema before."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from app.domain.foreign import Foreign
from app.domain.sweeps import Labels, NewSweep, Objective
from app.storage import FILE, SqliteStorage
from app.storage.connect import broken_references, unchecked_references, writing_engine
from tests.app.storage.simple_policy import SimplePolicy
from tests.app.storage.test_runs_migration import everything, fill, rows, upgrade
from tests.app.storage.world import START, spec

OF_DATA = ("dataset", "dataset_sha256", "dataset_summary", "artifact_key")


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Engine]:
    engine = writing_engine(tmp_path / FILE)
    with engine.connect() as connection, unchecked_references(connection), connection.begin():
        upgrade(connection, "0004")
        fill(connection)
        upgrade(connection, "0009")
    yield engine
    engine.dispose()


@pytest.fixture
def migrated(old: Engine) -> Iterator[Connection]:
    with old.connect() as connection, unchecked_references(connection), connection.begin():
        upgrade(connection, "0010")
        yield connection


def required(connection: Connection) -> set[str]:
    return {name for name, needed in rows(connection, "pragma_table_info('sweeps')", 'name, "notnull"') if needed}


def indexes(connection: Connection) -> list[tuple[object, ...]]:
    return rows(connection, "sqlite_schema WHERE type = 'index' AND tbl_name = 'sweeps'", "name, sql")


def test_all_rows_of_all_tables_stay_as_they_were(old: Engine) -> None:
    with old.connect() as connection, unchecked_references(connection), connection.begin():
        before = everything(connection)
        kept = indexes(connection)
        upgrade(connection, "0010")
        after = everything(connection)
        assert indexes(connection) == kept
    assert len(before["sweeps"]) == 2
    assert after.keys() == before.keys()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"", "alembic_version"}


def test_what_tells_of_the_data_may_be_null_and_nothing_else_that_was_required(old: Engine) -> None:
    with old.connect() as connection, unchecked_references(connection), connection.begin():
        before = required(connection)
        upgrade(connection, "0010")
        assert before - required(connection) == set(OF_DATA)
        assert required(connection) <= before


def test_rows_still_refer_to_sweeps_and_sweeps_to_contents(migrated: Connection) -> None:
    assert broken_references(migrated) == []
    migrated.execute(text("UPDATE sweeps SET artifact_key = 99 WHERE key = 1"))
    migrated.execute(text("UPDATE stored_trials SET sweep_key = 98 WHERE sweep_key = 2"))
    assert {"sweeps", "stored_trials"} <= set(broken_references(migrated))


def test_the_rules_of_the_states_still_hold(migrated: Connection) -> None:
    with pytest.raises(IntegrityError, match="CHECK"):
        migrated.execute(text("UPDATE sweeps SET state = 'lost' WHERE key = 1"))
    with pytest.raises(IntegrityError, match="UNIQUE"):
        migrated.execute(text("UPDATE sweeps SET id = 'swp_a'"))


def test_a_sweep_without_a_data_set_is_stored_beside_the_old_ones(old: Engine, tmp_path: Path) -> None:
    old.dispose()
    foreign = Foreign({"auc": "maximize"}, steps=3)
    asked = replace(spec(1), dataset=None, trainer="external", foreign=foreign, objective=Objective("auc", "maximize"))
    new = NewSweep(asked, Labels("mine"), {"posted": True}, None, foreign.metrics)
    with closing(SqliteStorage(tmp_path, SimplePolicy())) as storage:
        storage.create_sweep("swp_c", new, START)
        found = storage.sweep("swp_c")
        assert (found.spec, found.dataset_sha256) == (asked, None)
        assert storage.sweep_spec("swp_c") == (asked, None)
        assert storage.trial("swp_b", 0).metrics["dev_error"] == 0.25
