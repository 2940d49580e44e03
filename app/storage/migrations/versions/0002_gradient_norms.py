"""The norms of each layer's gradient, epoch by epoch."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; epochs stored before have no norms."""
    op.execute("ALTER TABLE epochs ADD COLUMN gradient_norms TEXT")
