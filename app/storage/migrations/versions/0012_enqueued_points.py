"""Hand-picked points: those that wait to be drawn, and which trials they became; of before there are none."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add a column with a default to either table, which rewrites no row, and the index of what is rare."""
    connection = op.get_bind()
    connection.exec_driver_sql("ALTER TABLE sweeps ADD COLUMN enqueued TEXT DEFAULT '[]' NOT NULL")
    connection.exec_driver_sql("ALTER TABLE stored_trials ADD COLUMN enqueued INTEGER DEFAULT 0 NOT NULL")
    connection.exec_driver_sql(
        "CREATE INDEX ix_trials_enqueued ON stored_trials (sweep_key, number) WHERE enqueued = 1"
    )
