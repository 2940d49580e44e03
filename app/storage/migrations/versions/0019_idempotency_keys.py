"""Requests that count once leave their keys. Those of before left none."""

from alembic import op

revision = "0019"
down_revision = "0018"

KEYS = """
CREATE TABLE idempotency_keys (
    owner TEXT NOT NULL,
    "key" TEXT NOT NULL,
    request_sha256 TEXT NOT NULL,
    sweep TEXT NOT NULL,
    first INTEGER NOT NULL,
    made_at TEXT NOT NULL,
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (owner, "key")
) WITHOUT ROWID, STRICT
"""


def upgrade() -> None:
    """Add the table, and what finds the oldest of its rows."""
    connection = op.get_bind()
    connection.exec_driver_sql(KEYS)
    connection.exec_driver_sql("CREATE INDEX ix_idempotency_keys_made_at ON idempotency_keys (made_at)")
