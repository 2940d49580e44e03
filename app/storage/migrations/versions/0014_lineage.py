"""Trials that go on from others: which from which, and from the end of which epoch."""

from alembic import op

revision = "0014"
down_revision = "0013"

LINEAGE = """
CREATE TABLE lineage (
    sweep_key INTEGER NOT NULL,
    trial INTEGER NOT NULL,
    parent INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    CONSTRAINT pk_lineage PRIMARY KEY (sweep_key, trial),
    CONSTRAINT fk_lineage_trials FOREIGN KEY(sweep_key, trial) REFERENCES stored_trials (sweep_key, number),
    CONSTRAINT fk_lineage_parents FOREIGN KEY(sweep_key, parent) REFERENCES stored_trials (sweep_key, number)
) WITHOUT ROWID, STRICT
"""


def upgrade() -> None:
    """Make the table: no trial of before has a parent."""
    op.get_bind().exec_driver_sql(LINEAGE)
