"""Which trials were confirmed by more seeds once the search had ended; of before there are none."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add a column with a default, which rewrites no row, and the index of what is rare."""
    connection = op.get_bind()
    connection.exec_driver_sql("ALTER TABLE stored_trials ADD COLUMN confirmed INTEGER DEFAULT 0 NOT NULL")
    connection.exec_driver_sql(
        "CREATE INDEX ix_trials_confirmed ON stored_trials (sweep_key, value) WHERE confirmed = 1"
    )
