"""Requests that count once may make an access key, too, whose id stands where that of a sweep stands."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Give the column a name that fits both."""
    op.get_bind().exec_driver_sql("ALTER TABLE idempotency_keys RENAME COLUMN sweep TO made")
