"""The hash of what was sent, by which the same upload is found again however it is prepared today."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; uploads stored before have no hash, nor have the built-in data sets."""
    op.execute("ALTER TABLE datasets ADD COLUMN upload_sha256 TEXT")
