"""Versions of spaces: which ones a sweep had, and which one each trial was drawn from; of before there is the first."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add a column with a default to either table, which rewrites no row."""
    connection = op.get_bind()
    connection.exec_driver_sql("ALTER TABLE sweeps ADD COLUMN spaces TEXT DEFAULT '[]' NOT NULL")
    connection.exec_driver_sql("ALTER TABLE stored_trials ADD COLUMN space_version INTEGER DEFAULT 1 NOT NULL")
