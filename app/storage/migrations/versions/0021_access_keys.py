"""Access keys, with the hashes of their secrets, and whose each worker is.

A database of before has no keys, and is open on loopback as it was.
"""

from alembic import op

revision = "0021"
down_revision = "0020"

ACCESS_KEYS = """
CREATE TABLE access_keys (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    secret_sha256 TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT,
    revoked_at TEXT,
    last_used_at TEXT,
    CONSTRAINT pk_access_keys PRIMARY KEY (id)
) WITHOUT ROWID, STRICT
"""

WORKER_OWNERS = """
CREATE TABLE worker_owners (
    worker TEXT NOT NULL,
    key_id TEXT NOT NULL,
    CONSTRAINT pk_worker_owners PRIMARY KEY (worker)
) WITHOUT ROWID, STRICT
"""


def upgrade() -> None:
    """Add the tables."""
    for statement in (ACCESS_KEYS, WORKER_OWNERS):
        op.get_bind().exec_driver_sql(statement)
