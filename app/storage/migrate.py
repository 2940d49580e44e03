"""Bring the database to the schema of this version, on the writer's own connection."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from app.domain.errors import Unavailable
from app.storage import views
from app.storage.connect import broken_references


def older_schema(connection: Connection) -> str | None:
    """Return the schema of a database that lacks migrations; None of one that lacks none, or has no schema yet."""
    before = MigrationContext.configure(connection).get_current_revision()
    return None if before == ScriptDirectory.from_config(_config()).get_current_head() else before


def migrate(connection: Connection) -> None:
    """Run the migrations that are missing. Raises Unavailable if the schema is of a newer version."""
    config = _config()
    config.attributes["connection"] = connection
    before, scripts = MigrationContext.configure(connection).get_current_revision(), ScriptDirectory.from_config(config)
    _refuse_newer(before, scripts)
    if before != scripts.get_current_head():
        _upgrade(connection, config)
    views.renew(connection)


def _upgrade(connection: Connection, config: Config) -> None:
    # Before, because rows that refer to nothing would be left out where tables are made anew from others.
    _refuse_broken(connection)
    views.drop(connection)
    command.upgrade(config, "head")
    _refuse_broken(connection)


def require_known(schema: str) -> None:
    """Raise Unavailable for a schema that only a newer version knows."""
    _refuse_newer(schema, ScriptDirectory.from_config(_config()))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "app.storage:migrations")
    return config


def _refuse_broken(connection: Connection) -> None:
    if broken := broken_references(connection):
        raise Unavailable(
            f"The database could not be migrated: rows of {', '.join(broken)} refer to rows that are not there. "
            "It was left as it was."
        )


def _refuse_newer(current: str | None, scripts: ScriptDirectory) -> None:
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        raise Unavailable(
            f"The database has schema {current!r}, which this version of logsweep does not know: a newer one "
            "wrote it. Start that version, or use another data folder."
        )
