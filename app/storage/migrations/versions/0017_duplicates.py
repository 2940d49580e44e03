"""Trials that take the result of another one, which has the same point, say which."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add a column, null for all trials of before, and an index of those that have it."""
    connection = op.get_bind()
    connection.exec_driver_sql("ALTER TABLE stored_trials ADD COLUMN same_as INTEGER")
    connection.exec_driver_sql(
        "CREATE INDEX ix_trials_same_as ON stored_trials (sweep_key, same_as) WHERE same_as IS NOT NULL"
    )
