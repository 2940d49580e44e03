"""Runs are leased, not segments: integer keys, a run for each trial, and the weights of models as artifacts."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from alembic import op
from sqlalchemy import Connection, text

revision = "0005"
down_revision = "0004"

_PIECE = 1 << 20
_METRICS = (
    "train_loss",
    "train_error",
    "train_rmse",
    "dev_loss",
    "dev_error",
    "dev_rmse",
    "test_error",
    "test_rmse",
)
_DIRECTIONS = json.dumps([{"name": name, "direction": "minimize"} for name in _METRICS], separators=(",", ":"))
_STATES = "'queued', 'running', 'paused', 'completed', 'pruned', 'diverged', 'failed', 'cancelled'"
_OLD = ("sweeps", "trials", "epochs", "models", "segments")

TABLES = (
    """
CREATE TABLE sweeps (
    "key" INTEGER NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    tags TEXT NOT NULL,
    notes TEXT NOT NULL,
    state TEXT NOT NULL,
    ending TEXT,
    reason TEXT,
    dataset TEXT NOT NULL,
    dataset_sha256 TEXT NOT NULL,
    dataset_summary TEXT NOT NULL,
    artifact_key INTEGER NOT NULL,
    trainer TEXT NOT NULL,
    rules INTEGER NOT NULL,
    unit TEXT NOT NULL,
    metrics TEXT NOT NULL,
    metric TEXT NOT NULL,
    diverged TEXT NOT NULL,
    seed INTEGER NOT NULL,
    budget_trials INTEGER NOT NULL,
    budget_seconds REAL,
    keep_models INTEGER NOT NULL,
    replicates INTEGER NOT NULL,
    drawn INTEGER NOT NULL,
    charged_epochs INTEGER NOT NULL,
    used_seconds REAL NOT NULL,
    plan_version INTEGER NOT NULL,
    "plan" TEXT NOT NULL,
    spec TEXT NOT NULL,
    posted TEXT NOT NULL,
    created_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT,
    deleted INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_sweeps PRIMARY KEY ("key"),
    CONSTRAINT ck_sweeps_state CHECK (state IN ('running', 'paused', 'completed', 'cancelled', 'failed')),
    CONSTRAINT ck_sweeps_ending CHECK (ending IN ('completed', 'cancelled')),
    UNIQUE (id),
    CONSTRAINT fk_sweeps_artifacts FOREIGN KEY(artifact_key) REFERENCES artifacts ("key")
) STRICT
    """,
    """
CREATE TABLE decisions (
    sweep_key INTEGER NOT NULL,
    number INTEGER NOT NULL,
    round INTEGER NOT NULL,
    kind TEXT NOT NULL,
    trials TEXT NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT pk_decisions PRIMARY KEY (sweep_key, number),
    CONSTRAINT fk_decisions_sweeps FOREIGN KEY(sweep_key) REFERENCES sweeps ("key")
) WITHOUT ROWID, STRICT
    """,
    f"""
CREATE TABLE trials (
    sweep_key INTEGER NOT NULL,
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    params TEXT NOT NULL,
    train_loss REAL,
    train_error REAL,
    train_rmse REAL,
    dev_loss REAL,
    dev_error REAL,
    dev_rmse REAL,
    test_error REAL,
    test_rmse REAL,
    metrics TEXT,
    value REAL,
    best_epoch INTEGER,
    epochs INTEGER NOT NULL,
    seconds REAL NOT NULL,
    reason TEXT,
    replicates INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT,
    CONSTRAINT pk_trials PRIMARY KEY (sweep_key, number),
    CONSTRAINT ck_trials_state CHECK (state IN ({_STATES})),
    CONSTRAINT fk_trials_sweeps FOREIGN KEY(sweep_key) REFERENCES sweeps ("key")
) WITHOUT ROWID, STRICT
    """,
    """
CREATE TABLE models (
    sweep_key INTEGER NOT NULL,
    trial INTEGER NOT NULL,
    value REAL,
    settled INTEGER NOT NULL,
    artifact_key INTEGER NOT NULL,
    made_with TEXT NOT NULL,
    CONSTRAINT pk_models PRIMARY KEY (sweep_key, trial),
    CONSTRAINT fk_models_trials FOREIGN KEY(sweep_key, trial) REFERENCES trials (sweep_key, number),
    CONSTRAINT fk_models_artifacts FOREIGN KEY(artifact_key) REFERENCES artifacts ("key")
) STRICT
    """,
    f"""
CREATE TABLE runs (
    "key" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    sweep_key INTEGER NOT NULL,
    trial INTEGER NOT NULL,
    replicate INTEGER NOT NULL,
    state TEXT NOT NULL,
    round INTEGER NOT NULL,
    cohort TEXT NOT NULL,
    asked INTEGER NOT NULL,
    charged INTEGER NOT NULL,
    epochs INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    recorded_fence INTEGER,
    worker TEXT,
    leased_at TEXT,
    lease_until TEXT,
    losses INTEGER NOT NULL,
    alone_losses INTEGER NOT NULL,
    metrics TEXT,
    value REAL,
    best_epoch INTEGER,
    seconds REAL NOT NULL,
    reason TEXT,
    checkpoint_epoch INTEGER,
    checkpoint_sha256 TEXT,
    checkpoint_size INTEGER,
    CONSTRAINT fk_runs_trials FOREIGN KEY(sweep_key, trial) REFERENCES trials (sweep_key, number),
    CONSTRAINT ck_runs_state CHECK (state IN ({_STATES})),
    CONSTRAINT ck_runs_lease CHECK ((state = 'running') = (lease_until IS NOT NULL))
) STRICT
    """,
    """
CREATE TABLE attempts (
    run_key INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    worker TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT NOT NULL,
    ending TEXT NOT NULL,
    reason TEXT,
    epochs INTEGER NOT NULL,
    CONSTRAINT pk_attempts PRIMARY KEY (run_key, fence),
    CONSTRAINT ck_attempts_ending CHECK (
        ending IN ('finished', 'paused', 'released', 'lost', 'signal', 'refused', 'error', 'out_of_memory')
    ),
    CONSTRAINT fk_attempts_runs FOREIGN KEY(run_key) REFERENCES runs ("key")
) WITHOUT ROWID, STRICT
    """,
    """
CREATE TABLE epochs (
    run_key INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    train_loss REAL,
    dev_loss REAL,
    dev_error REAL,
    dev_rmse REAL,
    seconds REAL NOT NULL,
    gradient_norms TEXT,
    metrics TEXT,
    CONSTRAINT pk_epochs PRIMARY KEY (run_key, epoch),
    CONSTRAINT fk_epochs_runs FOREIGN KEY(run_key) REFERENCES runs ("key")
) WITHOUT ROWID, STRICT
    """,
)

INDEXES = (
    "CREATE INDEX ix_sweeps_artifact_key ON sweeps (artifact_key)",
    "CREATE INDEX ix_sweeps_state_id ON sweeps (state, id)",
    "CREATE INDEX ix_trials_best ON trials (sweep_key, value, number) WHERE value IS NOT NULL",
    "CREATE INDEX ix_trials_sweep_key_state_number ON trials (sweep_key, state, number)",
    "CREATE INDEX ix_models_artifact_key ON models (artifact_key)",
    "CREATE INDEX ix_models_sweep_key_settled_value_trial ON models (sweep_key, settled, value, trial)",
    "CREATE INDEX ix_runs_held ON runs (worker, losses) WHERE state = 'running'",
    "CREATE INDEX ix_runs_leased ON runs (lease_until) WHERE state = 'running'",
    "CREATE INDEX ix_runs_paused ON runs (sweep_key) WHERE state = 'paused'",
    "CREATE INDEX ix_runs_queued ON runs (sweep_key, cohort, trial, losses) WHERE state = 'queued'",
    "CREATE INDEX ix_runs_round ON runs (sweep_key, round) WHERE round > 0",
    "CREATE INDEX ix_runs_suspect ON runs (losses) WHERE state = 'queued'",
    "CREATE INDEX ix_runs_training ON runs (sweep_key) WHERE state = 'running'",
    "CREATE UNIQUE INDEX ix_runs_sweep_key_trial_replicate ON runs (sweep_key, trial, replicate)",
)

# Each new table from the old one, which has another name by then. Keys follow the order of what they stand for, so that
# all rows are read and written in the order of a key: to sort them would take memory of their size.
_SWEEPS = """
INSERT INTO sweeps
SELECT row_number() OVER (ORDER BY id), id, name, '[]', '', state, NULL, reason, dataset, dataset_sha256,
    dataset_summary, artifact_key, 'logsweep', coalesce(json_extract(spec, '$.rules'), 1), 'epoch', ?,
    metric, coalesce(json_extract(spec, '$.objective.diverged'), 'exclude'), seed, budget_trials, budget_seconds,
    keep_models, 1, drawn, 0, 0.0, 0, '{}', spec, posted, created_at, started_at, finished_at, 0
FROM old_sweeps
"""
_TRIALS = """
INSERT INTO trials
SELECT sweeps."key", number, old_trials.state, params, train_loss, train_error, train_rmse, dev_loss,
    dev_error, dev_rmse, test_error, test_rmse, NULL, value, best_epoch, epochs, seconds, old_trials.reason, 1,
    old_trials.created_at, old_trials.started_at, old_trials.finished_at
FROM old_trials CROSS JOIN sweeps ON sweeps.id = old_trials.sweep_id
ORDER BY sweep_id, number
"""
# A trial without a segment has ended. It was asked to train as far as its hyperparameter `epochs` says, which is 20
# where the sweep names none.
_RUNS = """
INSERT INTO runs (
    sweep_key, trial, replicate, state, round, cohort, asked, charged, epochs, fence, recorded_fence, worker, leased_at,
    lease_until, losses, alone_losses, metrics, value, best_epoch, seconds, reason
)
SELECT sweep_key, trial, 0, state, 0, cohort, asked, asked, epochs, fence, recorded_fence, worker, leased_at,
    lease_until, losses, 0, metrics, value, best_epoch, seconds, reason
FROM (
    SELECT sweeps."key" AS sweep_key, t.number AS trial, t.state, coalesce(s.cohort, '') AS cohort,
        coalesce(
            s.to_epoch,
            max(
                t.epochs,
                coalesce(json_extract(t.params, '$.epochs'), json_extract(sweeps.spec, '$.fixed.epochs'), 20)
            )
        ) AS asked,
        t.epochs, max(coalesce(t.fence, 0), coalesce(s.fence, 0)) AS fence, t.fence AS recorded_fence, s.worker,
        CASE WHEN s.state = 'leased' THEN t.started_at END AS leased_at, s.lease_until, coalesce(s.losses, 0) AS losses,
        CASE WHEN t.value IS NOT NULL OR t.best_epoch IS NOT NULL
            THEN metrics_json(
                t.train_loss, t.train_error, t.train_rmse, t.dev_loss, t.dev_error, t.dev_rmse,
                t.test_error, t.test_rmse
            ) END AS metrics,
        t.value, t.best_epoch, t.seconds, t.reason
    FROM old_trials t
    CROSS JOIN sweeps ON sweeps.id = t.sweep_id
    LEFT JOIN old_segments s ON s.sweep_id = t.sweep_id AND s.trial = t.number
    ORDER BY t.sweep_id, t.number
)
"""
_EPOCHS = """
INSERT INTO epochs
SELECT runs."key", epoch, train_loss, dev_loss, dev_error, dev_rmse, e.seconds, gradient_norms, NULL
FROM old_epochs e
CROSS JOIN sweeps ON sweeps.id = e.sweep_id
CROSS JOIN runs ON runs.sweep_key = sweeps."key" AND runs.trial = e.trial AND runs.replicate = 0
ORDER BY e.sweep_id, e.trial, epoch
"""
# Of runs that go on, epochs count as far as they are stored from 1 on; what lies behind a gap is trained again.
_REACHED = """
UPDATE runs SET epochs = (
    SELECT coalesce(max(epoch), 0)
    FROM (SELECT epoch, row_number() OVER (ORDER BY epoch) AS place FROM epochs WHERE run_key = runs."key")
    WHERE epoch = place
)
WHERE state IN ('queued', 'running', 'paused')
"""
_BEHIND_A_GAP = """
DELETE FROM epochs
WHERE run_key IN (SELECT "key" FROM runs WHERE state IN ('queued', 'running', 'paused'))
    AND epoch > (SELECT epochs FROM runs WHERE "key" = run_key)
"""
_TRIALS_REACHED = """
UPDATE trials SET epochs = runs.epochs FROM runs
WHERE runs.sweep_key = trials.sweep_key AND runs.trial = trials.number
    AND trials.state IN ('queued', 'running', 'paused')
"""
# The time that a running sweep has used is not known here: it counts up to the last trial that finished.
_USED = """
UPDATE sweeps SET
    charged_epochs = coalesce((SELECT sum(charged) FROM runs WHERE sweep_key = sweeps."key"), 0),
    used_seconds = max(0.0, coalesce(
        86400.0 * (
            julianday(coalesce(finished_at, (SELECT max(finished_at) FROM trials WHERE sweep_key = sweeps."key")))
            - julianday(started_at)
        ),
        0.0
    ))
"""
_MODEL = """
INSERT INTO models SELECT sweeps."key", m.trial, m.value, 1, :artifact, m.made_with
FROM old_models m JOIN sweeps ON sweeps.id = m.sweep_id WHERE m.rowid = :row
"""


def upgrade() -> None:
    """Make the new tables beside the old ones, move all rows, and drop the old ones."""
    connection = op.get_bind()
    _function(connection, "metrics_json", len(_METRICS), _metrics_json)
    _set_aside(connection)
    for statement in TABLES:
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(_SWEEPS, (_DIRECTIONS,))
    for statement in (_TRIALS, _RUNS):
        connection.exec_driver_sql(statement)
    # Not before: to find runs by their trials takes this index.
    for statement in (*INDEXES, _EPOCHS, _REACHED, _BEHIND_A_GAP, _TRIALS_REACHED, _USED):
        connection.exec_driver_sql(statement)
    _move_models(connection)
    for table in ("epochs", "models", "segments", "trials", "sweeps"):
        connection.exec_driver_sql(f"DROP TABLE old_{table}")


def _set_aside(connection: Connection) -> None:
    """Give the old tables other names, and take away their indexes, whose names the new ones need."""
    for table in _OLD:
        indexes = connection.exec_driver_sql(
            "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", (table,)
        )
        for index in indexes.scalars().all():
            connection.exec_driver_sql(f'DROP INDEX "{index}"')
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO old_{table}")


def _function(connection: Connection, name: str, arguments: int, function: Callable[..., object]) -> None:
    driver: Any = connection.connection.driver_connection
    driver.create_function(name, arguments, function, deterministic=True)


def _metrics_json(*values: float | None) -> str:
    """Return the metrics that have a value as JSON; SQLite's own would not keep every bit of a number."""
    known = {name: value for name, value in zip(_METRICS, values, strict=True) if value is not None}
    return json.dumps(known, separators=(",", ":"))


def _move_models(connection: Connection) -> None:
    """Make an artifact of the weights of each model, one after the other; models of equal weights share it."""
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    rows = connection.exec_driver_sql("SELECT rowid FROM old_models ORDER BY sweep_id, trial").scalars().all()
    for row in rows:
        weights: bytes = connection.exec_driver_sql(
            "SELECT weights FROM old_models WHERE rowid = ?", (row,)
        ).scalar_one()
        connection.execute(text(_MODEL), {"artifact": _artifact(connection, weights, now), "row": row})


def _artifact(connection: Connection, weights: bytes, now: str) -> int:
    """Return the key of the artifact with these bytes, stored now unless it is there."""
    sha256 = hashlib.sha256(weights).hexdigest()
    known = "SELECT \"key\" FROM artifacts WHERE sha256 = ? AND state = 'here'"
    key: int | None = connection.exec_driver_sql(known, (sha256,)).scalar()
    if key is not None:
        return key
    connection.exec_driver_sql(
        "INSERT INTO artifacts (sha256, size, state, brought_at) VALUES (?, ?, 'here', ?)", (sha256, len(weights), now)
    )
    stored: int = connection.exec_driver_sql(known, (sha256,)).scalar_one()
    for number, first in enumerate(range(0, len(weights), _PIECE)):
        connection.exec_driver_sql(
            "INSERT INTO artifact_pieces VALUES (?, ?, ?)", (stored, number, weights[first : first + _PIECE])
        )
    return stored
