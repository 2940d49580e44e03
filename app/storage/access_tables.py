"""The tables of access: keys and what counts against their quotas, whose workers are, and requests that count once."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, text

from app.domain.quotas import QUOTAS
from app.storage.columns import Instant, Json, Whole
from app.storage.tables import metadata

# Keys that were revoked stay: a folder that ever had one is never open again. `most_...` are the quotas of a key, null
# where it has none; of trials and epochs those count too that sweeps used which were deleted.
access_keys = Table(
    "access_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("scopes", Json, nullable=False),
    Column("secret_sha256", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("last_used_at", Instant),
    *(Column(f"most_{kind}", Whole) for kind in QUOTAS),
    Column("deleted_trials", Whole, nullable=False, server_default=text("0")),
    Column("deleted_epochs", Whole, nullable=False, server_default=text("0")),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# What each sweep that was made with a key, its owner, counts against the quotas of that: while it is open all that its
# budget allows, then what it came to. `largest_...` is the most that one trial may take. `content_key` is the content
# of its data set once no data set has that any more: it stays as long as the sweep. A sweep that was deleted has none.
counted_sweeps = Table(
    "counted_sweeps",
    metadata,
    Column("sweep_key", Integer, ForeignKey("sweeps.key"), primary_key=True),
    Column("owner", Text, nullable=False, index=True),
    Column("largest_epochs", Whole, nullable=False),
    Column("largest_model_bytes", Whole, nullable=False),
    Column("trials", Whole, nullable=False),
    Column("epochs", Whole, nullable=False),
    Column("bytes", Whole, nullable=False),
    Column("content_key", Integer),
    sqlite_strict=True,
)

# Of a worker that claimed without a key there is no row.
worker_owners = Table(
    "worker_owners",
    metadata,
    Column("worker", Text, primary_key=True),
    Column("key_id", Text, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# What requests made that came with a key of their sender's choice, so that they count once, however often they come:
# `made` is the id of a sweep, of which there may be points from number `first` on, or that of an access key.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_sha256", Text, nullable=False),
    Column("made", Text, nullable=False),
    Column("first", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
    Index(None, "made_at"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
