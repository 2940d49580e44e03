"""Tests of the schema: migrated on start, equal to the tables, refused when newer."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from app.domain.errors import Unavailable
from app.storage import FILE, Storage
from app.storage.connect import writing_engine
from app.storage.migrate import migrate
from app.storage.tables import metadata


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
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable, match="'9999', which this version of logsweep does not know"):
        Storage(tmp_path)
    with engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
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
