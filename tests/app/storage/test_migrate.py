"""Tests of the schema: migrated on start, equal to the tables, refused when newer."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from app.domain.errors import Unavailable
from app.domain.work import Progress
from app.storage import FILE, Storage
from app.storage.connect import writing_engine
from app.storage.migrate import migrate
from app.storage.tables import metadata
from tests.app.storage.world import SWEEP, add_sweep, claim_one, drawn, point


def schema(connection: Connection) -> dict[str, str]:
    rows = connection.execute(text("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))
    return {row.name: " ".join(row.sql.replace("\n", " ").replace("( ", "(").split()) for row in rows}


def normalised(statement: str) -> str:
    return statement.replace(" ", "").replace("\t", "")


def test_the_migrations_lead_to_the_tables_that_the_code_declares(tmp_path: Path) -> None:
    migrated, declared = writing_engine(tmp_path / "migrated.db"), writing_engine(tmp_path / "declared.db")
    with migrated.connect() as connection, connection.begin():
        migrate(connection)
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        found = schema(connection)
    with declared.connect() as connection, connection.begin():
        metadata.create_all(connection)
        wanted = schema(connection)
    assert found.pop("alembic_version")
    assert found.keys() == wanted.keys()
    for name, statement in wanted.items():
        assert normalised(found[name]) == normalised(statement)
    migrated.dispose()
    declared.dispose()


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    engine = writing_engine(tmp_path / "test.db")
    with engine.connect() as connection, connection.begin():
        migrate(connection)
        before = schema(connection)
        migrate(connection)
        assert schema(connection) == before
    engine.dispose()


def test_a_newer_schema_is_refused_and_the_folder_is_free_again(tmp_path: Path) -> None:
    Storage(tmp_path).close()
    engine = writing_engine(tmp_path / FILE)
    with engine.connect() as connection, connection.begin():
        current = connection.scalar(text("SELECT version_num FROM alembic_version"))
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable, match="'9999', which this version of logsweep does not know"):
        Storage(tmp_path)
    with engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = :current"), {"current": current})
    engine.dispose()
    Storage(tmp_path).close()


def test_a_failed_migration_leaves_nothing_half_made(tmp_path: Path) -> None:
    engine = writing_engine(tmp_path / FILE)
    with engine.connect() as connection, connection.begin():
        connection.execute(text("CREATE TABLE segments (in_the_way INTEGER)"))
    engine.dispose()
    with pytest.raises(Exception, match="segments"):
        Storage(tmp_path)
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

    storage = Storage(tmp_path)
    (old,) = storage.curve("swp_old", 0, 0, 10)
    assert (old.epoch, old.train_loss, old.gradient_norms) == (1, 0.5, None)
    add_sweep(storage, drawn(0, 1))
    lease = claim_one(storage).lease
    storage.report([Progress(lease, [point(1)])])
    assert storage.curve(SWEEP, 0, 0, 10) == [point(1)]
    storage.close()
