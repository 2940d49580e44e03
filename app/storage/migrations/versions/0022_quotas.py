"""Quotas of access keys, and what counts against them: who made a sweep, and who uploaded a data set.

Nobody is known to have made those of before, and they count against no quota.
"""

from alembic import op

revision = "0022"
down_revision = "0021"

COUNTED_SWEEPS = """
CREATE TABLE counted_sweeps (
    sweep_key INTEGER NOT NULL,
    owner TEXT NOT NULL,
    largest_epochs INTEGER NOT NULL,
    largest_model_bytes INTEGER NOT NULL,
    trials INTEGER NOT NULL,
    epochs INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    content_key INTEGER,
    CONSTRAINT pk_counted_sweeps PRIMARY KEY (sweep_key),
    CONSTRAINT fk_counted_sweeps_sweeps FOREIGN KEY(sweep_key) REFERENCES sweeps ("key")
) STRICT
"""

STATEMENTS = (
    *(f"ALTER TABLE access_keys ADD COLUMN most_{kind} INTEGER" for kind in ("sweeps", "trials", "epochs", "bytes")),
    *(f"ALTER TABLE access_keys ADD COLUMN deleted_{kind} INTEGER DEFAULT 0 NOT NULL" for kind in ("trials", "epochs")),
    "ALTER TABLE datasets ADD COLUMN owner TEXT",
    "CREATE INDEX ix_datasets_owner ON datasets (owner) WHERE owner IS NOT NULL",
    COUNTED_SWEEPS,
    "CREATE INDEX ix_counted_sweeps_owner ON counted_sweeps (owner)",
)


def upgrade() -> None:
    """Add the table and the columns."""
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
