"""What runs had come to at their rungs: schedulers that look at earlier rounds need more than where runs stand now.

Runs of rungs before have no rows: the kinds that they are of look at where runs stand alone.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

RUNG_VALUES = """
CREATE TABLE rung_values (
    run_key INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    value REAL NOT NULL,
    CONSTRAINT pk_rung_values PRIMARY KEY (run_key, epoch),
    CONSTRAINT fk_rung_values_stored_runs FOREIGN KEY(run_key) REFERENCES stored_runs ("key")
) WITHOUT ROWID, STRICT
"""


def upgrade() -> None:
    """Make the table."""
    op.get_bind().exec_driver_sql(RUNG_VALUES)
