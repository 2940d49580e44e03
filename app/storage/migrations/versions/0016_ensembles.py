"""How many models a sweep keeps to choose an ensemble from, and what was chosen. Sweeps of before have no such pool."""

from alembic import op

revision = "0016"
down_revision = "0015"

ENSEMBLES = """
CREATE TABLE ensembles (
    sweep_key INTEGER NOT NULL,
    name TEXT NOT NULL,
    chosen_from TEXT NOT NULL,
    content TEXT NOT NULL,
    CONSTRAINT pk_ensembles PRIMARY KEY (sweep_key, name),
    CONSTRAINT fk_ensembles_sweeps FOREIGN KEY(sweep_key) REFERENCES sweeps ("key")
) WITHOUT ROWID, STRICT
"""


def upgrade() -> None:
    """Add the column and the table."""
    connection = op.get_bind()
    connection.exec_driver_sql("ALTER TABLE sweeps ADD COLUMN pool INTEGER DEFAULT 0 NOT NULL")
    connection.exec_driver_sql(ENSEMBLES)
