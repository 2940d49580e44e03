"""Tests of the schema: migrated on start, equal to the tables, refused when newer."""

import sqlite3
import tracemalloc
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from app.domain.errors import Unavailable
from app.domain.work import Progress
from app.storage import FILE, SqliteStorage, views
from app.storage.connect import writing_engine
from app.storage.migrate import known_schemas, migrate, upgrade
from app.storage.tables import metadata
from tests.app.storage.simple_policy import SimplePolicy
from tests.app.storage.world import START, SWEEP, add_sweep, claim_one, drawn, point


def schema(connection: Connection) -> dict[str, str]:
    rows = connection.execute(text("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))
    return {row.name: " ".join(row.sql.replace("\n", " ").replace("( ", "(").split()) for row in rows}


def normalised(statement: str) -> str:
    return statement.replace(" ", "").replace("\t", "").replace('"', "")  # a table that was renamed has a quoted name


def test_the_migrations_lead_to_what_a_new_database_is(tmp_path: Path) -> None:
    migrated, new = writing_engine(tmp_path / "migrated.db"), writing_engine(tmp_path / "new.db")
    with migrated.connect() as connection, connection.begin():
        upgrade(connection)
        views.renew(connection)
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        found, rows = schema(connection), rows_of(connection)
    with new.connect() as connection, connection.begin():
        migrate(connection)
        wanted = schema(connection)
        assert rows_of(connection) == rows
    assert found.keys() == wanted.keys()
    for name, statement in wanted.items():
        assert normalised(found[name]) == normalised(statement)
    migrated.dispose()
    new.dispose()


def rows_of(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Return what every table holds: of a database without sweeps, its schema's name alone."""
    names = connection.scalars(
        text("SELECT name FROM sqlite_schema WHERE type = 'table' AND name != 'sqlite_sequence'")
    )
    return {name: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {name}"))] for name in names}  # noqa: S608 - our own names


def test_each_file_of_a_migration_begins_with_the_schema_that_it_makes() -> None:
    config = Config()
    config.set_main_option("script_location", "app.storage:migrations")
    scripts = ScriptDirectory.from_config(config)
    assert known_schemas() == sorted(script.revision for script in scripts.walk_revisions())
    assert known_schemas()[-1] == scripts.get_current_head()


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    engine = writing_engine(tmp_path / "test.db")
    with engine.connect() as connection, connection.begin():
        migrate(connection)
        before = schema(connection)
        migrate(connection)
        assert schema(connection) == before
    engine.dispose()


def test_a_newer_schema_is_refused_and_the_folder_is_free_again(tmp_path: Path) -> None:
    SqliteStorage(tmp_path, SimplePolicy()).close()
    engine = writing_engine(tmp_path / FILE)
    with engine.connect() as connection, connection.begin():
        current = connection.scalar(text("SELECT version_num FROM alembic_version"))
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable, match="'9999', which this version of logsweep does not know"):
        SqliteStorage(tmp_path, SimplePolicy())
    with engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = :current"), {"current": current})
    engine.dispose()
    SqliteStorage(tmp_path, SimplePolicy()).close()


def test_a_failed_migration_leaves_nothing_half_made(tmp_path: Path) -> None:
    engine = writing_engine(tmp_path / FILE)
    with engine.connect() as connection, connection.begin():
        connection.execute(text("CREATE TABLE segments (in_the_way INTEGER)"))
    engine.dispose()
    with pytest.raises(Exception, match="segments"):
        SqliteStorage(tmp_path, SimplePolicy())
    engine = writing_engine(tmp_path / FILE)
    with engine.connect() as connection, connection.begin():
        assert list(schema(connection)) == ["segments"]
    engine.dispose()


FIRST_EPOCH = "INSERT INTO epochs (sweep_id, trial, epoch, train_loss, seconds) VALUES (:sweep, 0, 1, 0.5, 0.25)"
OLD_ROWS = (
    "INSERT INTO contents VALUES ('ab', x'00')",
    """INSERT INTO sweeps SELECT 'swp_old', 'old', 'completed', NULL, 'rain', 'ab', '{}', 'dev_error', 1, 1, NULL, 3, 1,
       '{}', '{}', '2026-01-02T03:04:05.000000Z', NULL, NULL""",
    """INSERT INTO trials (sweep_id, number, state, params, epochs, seconds, created_at)
       VALUES ('swp_old', 0, 'completed', '{}', 1, 0.5, '2026-01-02T03:04:05.000000Z')""",
)


def test_a_database_of_the_first_schema_keeps_its_curves_and_takes_gradient_norms(tmp_path: Path) -> None:
    engine = writing_engine(tmp_path / FILE)
    with engine.connect() as connection, connection.begin():
        config = Config()
        config.set_main_option("script_location", "app.storage:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in OLD_ROWS:
            connection.execute(text(statement))
        connection.execute(text(FIRST_EPOCH), {"sweep": "swp_old"})
    engine.dispose()

    storage = SqliteStorage(tmp_path, SimplePolicy())
    (old,) = storage.curve("swp_old", 0, 0, 0, 10)
    assert (old.epoch, old.metrics["train_loss"], old.gradient_norms) == (1, 0.5, None)
    add_sweep(storage, drawn(0, 1))
    lease = claim_one(storage).lease
    storage.report("w1", [Progress(lease, [point(1)])], START).result()
    assert storage.curve(SWEEP, 0, 0, 0, 10) == [point(1)]
    storage.close()


PIECE = 1 << 20
CONTENT = bytes(range(251)) * 9000  # two pieces and a bit


def at_revision_3(folder: Path) -> None:
    """Make a database of the third schema: two contents, one named by a data set, one by an ended sweep alone."""
    engine = writing_engine(folder / FILE)
    with engine.connect() as connection, connection.begin():
        config = Config()
        config.set_main_option("script_location", "app.storage:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        for statement in OLD_ROWS:
            connection.execute(text(statement))
        connection.execute(text("INSERT INTO contents VALUES ('cd', :content)"), {"content": CONTENT})
        connection.execute(
            text(
                "INSERT INTO datasets VALUES ('snow', 'cd', 'binary', 0, '{}', 4, 1, '{}', "
                "'2026-01-02T03:04:05.000000Z', 'f0')"
            )
        )
    engine.dispose()


def test_contents_become_artifacts_in_pieces_that_data_sets_and_sweeps_name(tmp_path: Path) -> None:
    at_revision_3(tmp_path)
    with closing(SqliteStorage(tmp_path, SimplePolicy())) as storage:
        assert storage.dataset_content("snow") == ("cd", CONTENT)
        assert [len(piece) for piece in storage.artifact_stream("cd")] == [PIECE, PIECE, len(CONTENT) - 2 * PIECE]
        assert storage.content_of("ab") == b"\0"
        assert storage.upload_hash("snow") == "f0"
        assert storage.trial("swp_old", 0).epochs == 1
        storage.remove_dataset("snow")
        storage.clear_artifacts(datetime.now(UTC) + timedelta(days=1), 9)
        assert (storage.artifact_size("cd"), storage.artifact_size("ab")) == (None, 1)


def test_a_migration_that_breaks_off_leaves_the_contents_as_they_were(tmp_path: Path) -> None:
    at_revision_3(tmp_path)
    engine = writing_engine(tmp_path / FILE)
    with engine.connect() as connection, connection.begin():
        connection.execute(text("CREATE TABLE new_sweeps (in_the_way INTEGER)"))
        before = schema(connection)
    engine.dispose()
    with pytest.raises(Exception, match="new_sweeps"):
        SqliteStorage(tmp_path, SimplePolicy())
    engine = writing_engine(tmp_path / FILE)
    with engine.connect() as connection, connection.begin():
        assert schema(connection) == before
        assert connection.scalar(text("SELECT content FROM contents WHERE sha256 = 'cd'")) == CONTENT
        connection.execute(text("DROP TABLE new_sweeps"))
    engine.dispose()
    with closing(SqliteStorage(tmp_path, SimplePolicy())) as storage:
        assert storage.dataset_content("snow") == ("cd", CONTENT)


def test_a_migration_that_would_leave_rows_without_what_they_refer_to_is_refused(tmp_path: Path) -> None:
    at_revision_3(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as connection, connection:  # which checks no references
        connection.execute("DELETE FROM sweeps")
    with pytest.raises(Unavailable, match="rows of trials refer to rows that are not there"):
        SqliteStorage(tmp_path, SimplePolicy())
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        assert connection.execute("SELECT count(*) FROM contents").fetchone() == (2,)


def test_references_are_checked_again_after_a_migration(storage: SqliteStorage) -> None:
    add_sweep(storage, drawn(0, 1))
    with pytest.raises(IntegrityError):
        storage.write(lambda connection: connection.execute(text("DELETE FROM artifacts")))


def test_migrating_contents_takes_no_memory_of_their_size(tmp_path: Path) -> None:
    at_revision_3(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as connection, connection:
        connection.execute("INSERT INTO contents VALUES ('ef', zeroblob(?))", [24 * PIECE])
    tracemalloc.start()
    try:
        storage = SqliteStorage(tmp_path, SimplePolicy())
        assert tracemalloc.get_traced_memory()[1] < 8 * PIECE
    finally:
        tracemalloc.stop()
    assert storage.artifact_size("ef") == 24 * PIECE
    storage.close()
