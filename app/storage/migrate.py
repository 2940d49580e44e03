"""Bring the database to the schema of this version, on the writer's own connection.

A new database gets its tables as they are declared, to which the migrations lead too. What runs these is imported for
an older database alone: every start would wait for it.
"""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, insert, inspect, select

from app.domain.errors import Conflict, Unavailable
from app.storage import migrations, views
from app.storage.connect import broken_references
from app.storage.tables import metadata

_VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32), nullable=False, primary_key=True))
_VERSION.primary_key.name = "alembic_version_pkc"


def older_schema(connection: Connection) -> str | None:
    """Return the schema of a database that lacks migrations; None of one that lacks none, or has no schema yet."""
    before = _schema(connection)
    return None if before == known_schemas()[-1] else before


def migrate(connection: Connection) -> None:
    """Make the tables, or run the migrations that lack.

    Raises Unavailable if the schema is of a newer version, Conflict if tables of ours are gone.
    """
    before = _schema(connection)
    if before is None:
        _make(connection)
    else:
        require_known(before)
        if before != known_schemas()[-1]:
            upgrade(connection)
        if missing := missing_tables(connection):
            raise Conflict(f"{lacking(missing)} Go back to a backup with logsweep restore.")
    views.renew(connection)


def upgrade(connection: Connection) -> None:
    """Run all migrations that a database lacks."""
    from alembic import command  # noqa: PLC0415 # see above
    from alembic.config import Config  # noqa: PLC0415 # see above

    config = Config()
    config.set_main_option("script_location", "app.storage:migrations")
    config.attributes["connection"] = connection
    # Before, because rows that refer to nothing would be left out where tables are made anew from others.
    _refuse_broken(connection)
    views.drop(connection)
    command.upgrade(config, "head")
    _refuse_broken(connection)


def missing_tables(connection: Connection) -> list[str]:
    """Return the tables of ours that a database of the newest schema does not have."""
    return sorted(metadata.tables.keys() - set(inspect(connection).get_table_names()))


def lacking(tables: Sequence[str]) -> str:
    """Return the sentence on tables that are gone."""
    return (
        f"The database lacks the tables {', '.join(tables)}, which logsweep has made: another program took them away."
    )


def require_known(schema: str) -> None:
    """Raise Unavailable for a schema that only a newer version knows."""
    if schema not in known_schemas():
        raise Unavailable(
            f"The database has schema {schema!r}, which this version of logsweep does not know: a newer one "
            "wrote it. Start that version, or use another data folder."
        )


def known_schemas() -> list[str]:
    """Return the schemas that this version knows, oldest first: each migration's file begins with the one it makes."""
    files = (Path(folder) / "versions" for folder in migrations.__path__)
    return sorted(file.name.partition("_")[0] for folder in files for file in folder.glob("[0-9]*_*.py"))


def _schema(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION.name):
        return None
    return connection.scalar(select(_VERSION.c.version_num))


def _make(connection: Connection) -> None:
    metadata.create_all(connection)
    _VERSION.create(connection)
    connection.execute(insert(_VERSION).values(version_num=known_schemas()[-1]))


def _refuse_broken(connection: Connection) -> None:
    if broken := broken_references(connection):
        raise Unavailable(
            f"The database could not be migrated: rows of {', '.join(broken)} refer to rows that are not there. "
            "It was left as it was."
        )
