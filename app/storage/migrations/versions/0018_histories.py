"""Sweeps that learn from earlier ones keep a copy of what they learn. Those of before have none."""

from alembic import op

revision = "0018"
down_revision = "0017"

HISTORIES = """
CREATE TABLE histories (
    sweep_key INTEGER NOT NULL,
    number INTEGER NOT NULL,
    source TEXT NOT NULL,
    dataset_sha256 TEXT,
    points TEXT NOT NULL,
    CONSTRAINT pk_histories PRIMARY KEY (sweep_key, number),
    CONSTRAINT fk_histories_sweeps FOREIGN KEY(sweep_key) REFERENCES sweeps ("key")
) WITHOUT ROWID, STRICT
"""


def upgrade() -> None:
    """Add the table."""
    op.get_bind().exec_driver_sql(HISTORIES)
