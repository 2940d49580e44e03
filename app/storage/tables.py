"""The tables of logsweep.db; anyone may read `datasets`, `sweeps`, `trials` and `epochs` with sqlite3."""

from sqlalchemy import (
    REAL,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

from app.domain.states import SweepState, TrialState
from app.domain.trials import METRICS
from app.storage.columns import Instant, Json, Whole
from app.storage.dialect import only_where

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _one_of(column: str, words: list[str]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(str(word)) for word in words)})", name=column)


# Bytes that their hash names, in pieces. Keys are never given twice: whoever still sends pieces of an arrival that was
# given up must not meet another one.
artifacts = Table(
    "artifacts",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("sha256", Text, nullable=False),
    Column("size", Whole, nullable=False),
    Column("state", Text, nullable=False),
    Column("brought_at", Instant, nullable=False),
    _one_of("state", ["arriving", "here", "leaving"]),
    Index("ix_artifacts_here", "sha256", unique=True, **only_where("state = 'here'")),
    Index(None, "state", "brought_at"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)

artifact_pieces = Table(
    "artifact_pieces",
    metadata,
    Column("artifact_key", Integer, ForeignKey("artifacts.key"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    sqlite_strict=True,
)

datasets = Table(
    "datasets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("sha256", Text, nullable=False),
    Column("task", Text, nullable=False),
    Column("builtin", Integer, nullable=False),
    Column("rows", Json, nullable=False),
    Column("features", Integer, nullable=False),
    Column("outputs", Integer, nullable=False),
    Column("card", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("upload_sha256", Text),
    Column("artifact_key", Integer, ForeignKey("artifacts.key"), nullable=False, index=True),
    sqlite_strict=True,
)

# A sweep keeps the summary of its data set, and the content stays while a sweep names it: models can be handed
# out after the data set was deleted.
sweeps = Table(
    "sweeps",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("dataset", Text, nullable=False),
    Column("dataset_sha256", Text, nullable=False),
    Column("dataset_summary", Json, nullable=False),
    Column("metric", Text, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("budget_trials", Integer, nullable=False),
    Column("budget_seconds", REAL),
    Column("keep_models", Integer, nullable=False),
    Column("drawn", Integer, nullable=False),
    Column("spec", Json, nullable=False),
    Column("posted", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("artifact_key", Integer, ForeignKey("artifacts.key"), nullable=False, index=True),
    _one_of("state", list(SweepState)),
    Index(None, "state", "id"),
    sqlite_strict=True,
)

# `fence` is that of the lease whose result was recorded: the same result sent again is known by it.
trials = Table(
    "trials",
    metadata,
    Column("sweep_id", Text, ForeignKey("sweeps.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("params", Json, nullable=False),
    *(Column(metric, REAL) for metric in METRICS),
    Column("value", REAL),
    Column("best_epoch", Integer),
    Column("epochs", Integer, nullable=False),
    Column("seconds", REAL, nullable=False),
    Column("reason", Text),
    Column("fence", Integer),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    _one_of("state", list(TrialState)),
    Index(None, "sweep_id", "state", "number"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
Index(
    "ix_trials_best",
    trials.c.sweep_id,
    trials.c.value,
    trials.c.number,
    sqlite_where=text("value IS NOT NULL"),
)

epochs = Table(
    "epochs",
    metadata,
    Column("sweep_id", Text, primary_key=True),
    Column("trial", Integer, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("train_loss", REAL),
    Column("dev_loss", REAL),
    Column("dev_error", REAL),
    Column("dev_rmse", REAL),
    Column("seconds", REAL, nullable=False),
    Column("gradient_norms", Json),
    ForeignKeyConstraint(["sweep_id", "trial"], ["trials.sweep_id", "trials.number"]),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

models = Table(
    "models",
    metadata,
    Column("sweep_id", Text, primary_key=True),
    Column("trial", Integer, primary_key=True),
    Column("value", REAL, nullable=False),
    Column("weights", LargeBinary, nullable=False),
    Column("made_with", Json, nullable=False),
    ForeignKeyConstraint(["sweep_id", "trial"], ["trials.sweep_id", "trials.number"]),
    Index(None, "sweep_id", "value", "trial"),
    sqlite_strict=True,
)

# The queue of work: a row exists only while there is work to do, so that claims never meet finished trials.
segments = Table(
    "segments",
    metadata,
    Column("sweep_id", Text, primary_key=True),
    Column("trial", Integer, primary_key=True),
    Column("from_epoch", Integer, nullable=False),
    Column("to_epoch", Integer, nullable=False),
    Column("cohort", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("worker", Text),
    Column("fence", Integer, nullable=False),
    Column("lease_until", Instant),
    Column("losses", Integer, nullable=False),
    ForeignKeyConstraint(["sweep_id", "trial"], ["trials.sweep_id", "trials.number"]),
    _one_of("state", ["queued", "leased"]),
    CheckConstraint("(state = 'leased') = (worker IS NOT NULL AND lease_until IS NOT NULL)", name="lease"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
_QUEUED, _LEASED = text("state = 'queued'"), text("state = 'leased'")
Index(
    "ix_segments_queued",
    segments.c.sweep_id,
    segments.c.cohort,
    segments.c.trial,
    segments.c.losses,
    sqlite_where=_QUEUED,
)
Index("ix_segments_lost", segments.c.losses, sqlite_where=_QUEUED)
Index("ix_segments_leased", segments.c.lease_until, sqlite_where=_LEASED)
Index("ix_segments_worker", segments.c.worker, segments.c.losses, sqlite_where=_LEASED)
