"""Sweeps that run at the same time share the workers by priority. Those of before all have the usual one."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the column."""
    op.get_bind().exec_driver_sql("ALTER TABLE sweeps ADD COLUMN priority INTEGER DEFAULT 10 NOT NULL")
