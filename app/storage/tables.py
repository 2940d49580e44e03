"""The tables of logsweep.db. Rows of which there are many are packed; the views in `views.py` show them to anyone."""

from typing import Any, get_args

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

from app.domain.objectives import Direction
from app.domain.runs import Ending
from app.domain.states import SweepState, TrialState
from app.storage.columns import Instant, Json, JsonNumbers, PackedInstant, Whole
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


TRIAL_SLOTS, EPOCH_SLOTS = 32, 12
"""How many metrics have a column of their own in a trial, and in an epoch; our own are 30, and few are in curves."""


def _metric_columns(slots: int) -> list[Column[Any]]:
    """Return columns for metrics by the numbers of their slots, which `metrics.py` fills and reads."""
    numbered: list[Column[Any]] = [Column(f"m{number}", REAL) for number in range(slots)]
    return [*numbered, Column("undefined_metrics", Integer), Column("other_metrics", Json)]


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
    Column("owner", Text),
    Index("ix_datasets_owner", "owner", **only_where("owner IS NOT NULL")),
    sqlite_strict=True,
)

# A sweep keeps the summary of its data set, and the content stays while a sweep names it: models can be handed
# out after the data set was deleted. One of a foreign trainer has none. `rules` are those that its workers must know.
# `metrics` are those that its trials may have, each with its direction. `plan` is
# what the planner remembers; its version rises with what is decided.
# `enqueued` are hand-picked points that wait to be drawn; `spaces` the versions of the space, once it was changed.
# A sweep that was deleted is out of sight at once, and its rows go away in pieces.
sweeps = Table(
    "sweeps",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("tags", Json, nullable=False),
    Column("notes", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("ending", Text),
    Column("reason", Text),
    Column("dataset", Text),
    Column("dataset_sha256", Text),
    Column("dataset_summary", Json),
    Column("artifact_key", Integer, ForeignKey("artifacts.key")),
    Column("trainer", Text, nullable=False),
    Column("rules", Integer, nullable=False),
    Column("unit", Text, nullable=False),
    Column("metrics", Json, nullable=False),
    Column("metric", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("diverged", Text, nullable=False),
    Column("seed", Whole, nullable=False),
    Column("budget_trials", Integer, nullable=False),
    Column("budget_seconds", REAL),
    Column("keep_models", Integer, nullable=False),
    Column("replicates", Integer, nullable=False),
    Column("drawn", Integer, nullable=False),
    Column("charged_epochs", Integer, nullable=False),
    Column("used_seconds", REAL, nullable=False),
    Column("plan_version", Integer, nullable=False),
    Column("plan", Json, nullable=False),
    Column("spec", Json, nullable=False),
    Column("posted", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("deleted", Integer, nullable=False, server_default=text("0")),
    Column("enqueued", Json, nullable=False, server_default=text("'[]'")),
    Column("spaces", Json, nullable=False, server_default=text("'[]'")),
    Column("pool", Integer, nullable=False, server_default=text("0")),
    Column("priority", Integer, nullable=False, server_default=text("10")),
    _one_of("state", list(SweepState)),
    _one_of("direction", list(get_args(Direction))),
    CheckConstraint("ending IN ('completed', 'cancelled')", name="ending"),
    Index(None, "state", "id"),
    Index(None, "artifact_key"),
    sqlite_strict=True,
)

# Which metric stands in which of the numbered columns of trials, and which in those of epochs.
metric_slots = Table(
    "metric_slots",
    metadata,
    Column("holder", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    _one_of("holder", ["trials", "epochs"]),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# `room` is what a trial's result will take: a row that does not grow stays on its page, which would be split and left
# half empty. A trial that is the `same_as` another one has no runs: it follows from that one.
trials = Table(
    "stored_trials",
    metadata,
    Column("sweep_key", Integer, ForeignKey("sweeps.key"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("params", Json, nullable=False),
    *_metric_columns(TRIAL_SLOTS),
    Column("value", REAL),
    Column("best_epoch", Integer),
    Column("epochs", Integer, nullable=False),
    Column("seconds", REAL, nullable=False),
    Column("reason", Text),
    Column("replicates", Integer, nullable=False),
    Column("created_at", PackedInstant, nullable=False),
    Column("started_at", PackedInstant),
    Column("finished_at", PackedInstant),
    Column("room", LargeBinary),
    Column("enqueued", Integer, nullable=False, server_default=text("0")),
    Column("confirmed", Integer, nullable=False, server_default=text("0")),
    Column("space_version", Integer, nullable=False, server_default=text("1")),
    Column("same_as", Integer),
    _one_of("state", list(TrialState)),
    Index("ix_trials_sweep_key_state_number", "sweep_key", "state", "number"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
Index(
    "ix_trials_best",
    trials.c.sweep_key,
    trials.c.value,
    trials.c.number,
    **only_where("value IS NOT NULL"),
)

Index("ix_trials_confirmed", trials.c.sweep_key, trials.c.value, **only_where("confirmed = 1"))
Index("ix_trials_enqueued", trials.c.sweep_key, trials.c.number, **only_where("enqueued = 1"))
Index("ix_trials_same_as", trials.c.sweep_key, trials.c.same_as, **only_where("same_as IS NOT NULL"))

# The keys of runs that can share a stack, each once in a sweep: they are long, and many runs have the same.
cohorts = Table(
    "cohorts",
    metadata,
    Column("sweep_key", Integer, ForeignKey("sweeps.key"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Index(None, "sweep_key", "name", unique=True),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# How many trials of a sweep are in each state, and the best of those that are final: kept up with every commit.
sweep_counts = Table(
    "sweep_counts",
    metadata,
    Column("sweep_key", Integer, ForeignKey("sweeps.key"), primary_key=True),
    *(Column(state.value, Integer, nullable=False, server_default=text("0")) for state in TrialState),
    Column("best_trial", Integer),
    Column("best_value", REAL),
    sqlite_strict=True,
)

# What workers lease. `epochs` are stored without a gap from 1 on, or from where a trial begins that inherits from
# another one; `asked` is how far to train; `charged` what the budget of epochs was charged for the run. `worker` is the
# holder or the one that may have the member in memory. `fence` rises with each claim; under `recorded_fence` the last
# result was recorded, if there is one. Keys are never given twice: who still trains a run of a sweep that was deleted
# must not pass as the holder of another one. The metrics of a trial's only run stand in the trial alone.
runs = Table(
    "stored_runs",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("sweep_key", Integer, nullable=False),
    Column("trial", Integer, nullable=False),
    Column("replicate", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("round", Integer, nullable=False),
    Column("cohort", Integer, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("charged", Integer, nullable=False),
    Column("epochs", Integer, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("recorded_fence", Integer),
    Column("worker", Text),
    Column("leased_at", PackedInstant),
    Column("lease_until", PackedInstant),
    Column("losses", Integer, nullable=False),
    Column("alone_losses", Integer, nullable=False),
    Column("value", REAL),
    Column("best_epoch", Integer),
    Column("seconds", REAL, nullable=False),
    Column("reason", Text),
    Column("checkpoint_epoch", Integer),
    Column("checkpoint_sha256", Text),
    Column("checkpoint_size", Whole),
    ForeignKeyConstraint(["sweep_key", "trial"], ["stored_trials.sweep_key", "stored_trials.number"]),
    _one_of("state", list(TrialState)),
    CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="lease"),
    Index("ix_runs_sweep_key_trial_replicate", "sweep_key", "trial", "replicate", unique=True),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
_QUEUED, _RUNNING = only_where("state = 'queued'"), only_where("state = 'running'")
Index("ix_runs_queued", runs.c.sweep_key, runs.c.cohort, runs.c.trial, runs.c.losses, **_QUEUED)
Index("ix_runs_suspect", runs.c.losses, **_QUEUED)
Index("ix_runs_leased", runs.c.lease_until, **_RUNNING)
Index("ix_runs_held", runs.c.worker, runs.c.losses, **_RUNNING)
# One for each state: SQLite finds no use for an index whose condition is a list.
Index("ix_runs_training", runs.c.sweep_key, **_RUNNING)
Index("ix_runs_paused", runs.c.sweep_key, **only_where("state = 'paused'"))
Index("ix_runs_round", runs.c.sweep_key, runs.c.round, **only_where("round > 0"))

# What replicates came to, each: the trial has the means.
replicate_metrics = Table(
    "replicate_metrics",
    metadata,
    Column("run_key", Integer, ForeignKey("stored_runs.key"), primary_key=True),
    *_metric_columns(TRIAL_SLOTS),
    sqlite_strict=True,
)

# What a run had come to where it paused to be compared: its lowest cost is that of the best epoch up to there. Runs
# without rungs have no rows.
rung_values = Table(
    "rung_values",
    metadata,
    Column("run_key", Integer, ForeignKey("stored_runs.key"), primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("value", REAL, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# Which trials go on from others: they begin with what a parent had become by the end of `epoch`. Most have no row.
lineage = Table(
    "lineage",
    metadata,
    Column("sweep_key", Integer, primary_key=True),
    Column("trial", Integer, primary_key=True),
    Column("parent", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
    ForeignKeyConstraint(
        ["sweep_key", "trial"], ["stored_trials.sweep_key", "stored_trials.number"], name="fk_lineage_trials"
    ),
    ForeignKeyConstraint(
        ["sweep_key", "parent"], ["stored_trials.sweep_key", "stored_trials.number"], name="fk_lineage_parents"
    ),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

epochs = Table(
    "stored_epochs",
    metadata,
    Column("run_key", Integer, ForeignKey("stored_runs.key"), primary_key=True),
    Column("epoch", Integer, primary_key=True),
    *_metric_columns(EPOCH_SLOTS),
    Column("seconds", REAL, nullable=False),
    Column("gradient_norms", JsonNumbers),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# Holds that have ended; the one that lasts is in its run.
attempts = Table(
    "stored_attempts",
    metadata,
    Column("run_key", Integer, ForeignKey("stored_runs.key"), primary_key=True),
    Column("fence", Integer, primary_key=True),
    Column("worker", Text, nullable=False),
    Column("started_at", PackedInstant, nullable=False),
    Column("ended_at", PackedInstant, nullable=False),
    Column("ending", Text, nullable=False),
    Column("reason", Text),
    Column("epochs", Integer, nullable=False),
    _one_of("ending", list(get_args(Ending))),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# Of a trial that is not final, `settled` is 0: its model waits to be ranked with those that are.
models = Table(
    "models",
    metadata,
    Column("sweep_key", Integer, primary_key=True),
    Column("trial", Integer, primary_key=True),
    Column("cost", REAL),
    Column("settled", Integer, nullable=False),
    Column("artifact_key", Integer, ForeignKey("artifacts.key"), nullable=False),
    Column("made_with", Json, nullable=False),
    ForeignKeyConstraint(
        ["sweep_key", "trial"], ["stored_trials.sweep_key", "stored_trials.number"], name="fk_models_trials"
    ),
    Index(None, "artifact_key"),
    sqlite_strict=True,
)

# What was chosen of the models of an ended sweep, under the name of the way it was chosen; `chosen_from` is the hash of
# what those models were.
ensembles = Table(
    "ensembles",
    metadata,
    Column("sweep_key", Integer, ForeignKey("sweeps.key"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("chosen_from", Text, nullable=False),
    Column("content", Json, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# What a sweep knows of earlier ones: for each the trials that lie in its space, as [params, cost], null the worst cost.
histories = Table(
    "histories",
    metadata,
    Column("sweep_key", Integer, ForeignKey("sweeps.key"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("source", Text, nullable=False),
    Column("dataset_sha256", Text),
    Column("points", Json, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

decisions = Table(
    "decisions",
    metadata,
    Column("sweep_key", Integer, ForeignKey("sweeps.key"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("round", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("trials", Json, nullable=False),
    Column("reason", Text, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
