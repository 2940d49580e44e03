"""Bring the database to the schema of this version, on the writer's own connection."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from app.domain.errors import Unavailable


def migrate(connection: Connection) -> None:
    """Run the migrations that are missing. Raises Unavailable if the schema is of a newer version."""
    config = Config()
    config.set_main_option("script_location", "app.storage:migrations")
    config.attributes["connection"] = connection
    _refuse_newer(connection, ScriptDirectory.from_config(config))
    command.upgrade(config, "head")


def _refuse_newer(connection: Connection, scripts: ScriptDirectory) -> None:
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        raise Unavailable(
            f"The database has schema {current!r}, which this version of logsweep does not know: a newer one "
            "wrote it. Start that version, or use another data folder."
        )
