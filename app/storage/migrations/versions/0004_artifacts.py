"""Contents in pieces: values that come in one piece hold the writer and take memory of their size."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from alembic import op
from sqlalchemy import Connection, text

revision = "0004"
down_revision = "0003"

_PIECE = 1 << 20

NEW = (
    """
CREATE TABLE artifacts (
    "key" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    state TEXT NOT NULL,
    brought_at TEXT NOT NULL,
    CONSTRAINT ck_artifacts_state CHECK (state IN ('arriving', 'here', 'leaving'))
) STRICT
    """,
    """
CREATE TABLE artifact_pieces (
    artifact_key INTEGER NOT NULL,
    number INTEGER NOT NULL,
    content BLOB NOT NULL,
    CONSTRAINT pk_artifact_pieces PRIMARY KEY (artifact_key, number),
    CONSTRAINT fk_artifact_pieces_artifacts FOREIGN KEY(artifact_key) REFERENCES artifacts ("key")
) STRICT
    """,
    "CREATE UNIQUE INDEX ix_artifacts_here ON artifacts (sha256) WHERE state = 'here'",
    "CREATE INDEX ix_artifacts_state_brought_at ON artifacts (state, brought_at)",
)

DATASETS = """
CREATE TABLE new_datasets (
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    task TEXT NOT NULL,
    builtin INTEGER NOT NULL,
    rows TEXT NOT NULL,
    features INTEGER NOT NULL,
    outputs INTEGER NOT NULL,
    card TEXT NOT NULL,
    created_at TEXT NOT NULL,
    upload_sha256 TEXT,
    artifact_key INTEGER NOT NULL,
    CONSTRAINT pk_datasets PRIMARY KEY (name),
    CONSTRAINT fk_datasets_artifacts FOREIGN KEY(artifact_key) REFERENCES artifacts ("key")
) STRICT
"""

SWEEPS = """
CREATE TABLE new_sweeps (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    dataset TEXT NOT NULL,
    dataset_sha256 TEXT NOT NULL,
    dataset_summary TEXT NOT NULL,
    metric TEXT NOT NULL,
    seed INTEGER NOT NULL,
    budget_trials INTEGER NOT NULL,
    budget_seconds REAL,
    keep_models INTEGER NOT NULL,
    drawn INTEGER NOT NULL,
    spec TEXT NOT NULL,
    posted TEXT NOT NULL,
    created_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT,
    artifact_key INTEGER NOT NULL,
    CONSTRAINT pk_sweeps PRIMARY KEY (id),
    CONSTRAINT ck_sweeps_state CHECK (state IN ('running', 'paused', 'completed', 'cancelled', 'failed')),
    CONSTRAINT fk_sweeps_artifacts FOREIGN KEY(artifact_key) REFERENCES artifacts ("key")
) STRICT
"""

# The tables are made anew, as SQLite cannot take a foreign key away. Each gets its name last, so that what refers to it
# goes on to do so.
ANEW = (
    DATASETS,
    """
INSERT INTO new_datasets
    SELECT datasets.*, (SELECT "key" FROM artifacts WHERE artifacts.sha256 = datasets.sha256) FROM datasets
    """,
    "DROP TABLE datasets",
    "ALTER TABLE new_datasets RENAME TO datasets",
    "CREATE INDEX ix_datasets_artifact_key ON datasets (artifact_key)",
    SWEEPS,
    """
INSERT INTO new_sweeps
    SELECT sweeps.*, (SELECT "key" FROM artifacts WHERE artifacts.sha256 = sweeps.dataset_sha256) FROM sweeps
    """,
    "DROP TABLE sweeps",
    "ALTER TABLE new_sweeps RENAME TO sweeps",
    "CREATE INDEX ix_sweeps_artifact_key ON sweeps (artifact_key)",
    "CREATE INDEX ix_sweeps_state_id ON sweeps (state, id)",
    "DROP TABLE contents",
)


def upgrade() -> None:
    """Move each content into pieces, let data sets and sweeps name it by its key, and drop the old table."""
    connection = op.get_bind()
    for statement in NEW:
        op.execute(statement)
    rows = connection.execute(text("SELECT rowid AS row, sha256 FROM contents ORDER BY rowid")).all()
    for key, (row, sha256) in enumerate(rows, start=1):
        _move(connection, row, key, sha256)
    for statement in ANEW:
        op.execute(statement)


def _move(connection: Connection, row: int, key: int, sha256: str) -> None:
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    connection.execute(
        text(
            "INSERT INTO artifacts SELECT :key, :sha256, length(content), 'here', :now FROM contents WHERE rowid = :row"
        ),
        {"key": key, "sha256": sha256, "now": now, "row": row},
    )
    for number, piece in enumerate(_pieces(connection, row)):
        connection.execute(
            text("INSERT INTO artifact_pieces VALUES (:key, :number, :content)"),
            {"key": key, "number": number, "content": piece},
        )


def _pieces(connection: Connection, row: int) -> Iterator[bytes]:
    """Yield a content in pieces; `substr` would read the whole value for each."""
    driver: Any = connection.connection.driver_connection
    # pysqlite3 kept the name that it gave the method before the standard library had one.
    open_blob = getattr(driver, "blobopen", None) or driver.open_blob
    with closing(open_blob("contents", "content", row, readonly=True)) as blob:
        while piece := blob.read(_PIECE):
            yield piece
