"""Metrics are data: an object by name in each trial and epoch, in place of columns that are named after them."""

import json
from collections.abc import Callable
from typing import Any

from alembic import op
from sqlalchemy import Connection

revision = "0006"
down_revision = "0005"

_STATES = "'queued', 'running', 'paused', 'completed', 'pruned', 'diverged', 'failed', 'cancelled'"
_TRIAL_METRICS = (
    "train_loss",
    "train_error",
    "train_rmse",
    "dev_loss",
    "dev_error",
    "dev_rmse",
    "test_error",
    "test_rmse",
)
_DIRECTIONS = {"loss": "minimize", "error": "minimize", "accuracy": "maximize", "balanced_accuracy": "maximize"} | {
    "auc": "maximize",
    "average_precision": "maximize",
    "f1": "maximize",
    "mcc": "maximize",
    "brier": "minimize",
}
_DIRECTIONS_OF_NUMBERS = {"loss": "minimize", "rmse": "minimize", "mae": "minimize", "r2": "maximize"} | {
    "median_absolute_error": "minimize"
}
_ON_TRAIN = ("loss", "error", "accuracy", "rmse")

SWEEPS = """
CREATE TABLE new_sweeps (
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
    direction TEXT NOT NULL,
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
    CONSTRAINT ck_sweeps_direction CHECK (direction IN ('minimize', 'maximize')),
    CONSTRAINT ck_sweeps_ending CHECK (ending IN ('completed', 'cancelled')),
    UNIQUE (id),
    CONSTRAINT fk_sweeps_artifacts FOREIGN KEY(artifact_key) REFERENCES artifacts ("key")
) STRICT
"""
TRIALS = f"""
CREATE TABLE new_trials (
    sweep_key INTEGER NOT NULL,
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    params TEXT NOT NULL,
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
"""
EPOCHS = """
CREATE TABLE new_epochs (
    run_key INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    metrics TEXT NOT NULL,
    seconds REAL NOT NULL,
    gradient_norms TEXT,
    CONSTRAINT pk_epochs PRIMARY KEY (run_key, epoch),
    CONSTRAINT fk_epochs_runs FOREIGN KEY(run_key) REFERENCES runs ("key")
) WITHOUT ROWID, STRICT
"""

# Rows are read and written in the order of their keys: to sort them would take memory of their size.
MOVE_SWEEPS = """
INSERT INTO new_sweeps
SELECT "key", id, name, tags, notes, state, ending, reason, dataset, dataset_sha256, dataset_summary, artifact_key,
    trainer, rules, unit, directions_json(json_extract(dataset_summary, '$.task')), metric, 'minimize', diverged, seed,
    budget_trials, budget_seconds, keep_models, replicates, drawn, charged_epochs, used_seconds, plan_version, "plan",
    spec, posted, created_at, started_at, finished_at, deleted
FROM sweeps
ORDER BY "key"
"""
MOVE_TRIALS = """
INSERT INTO new_trials
SELECT sweep_key, number, state, params,
    trial_metrics_json(
        metrics, train_loss, train_error, train_rmse, dev_loss, dev_error, dev_rmse, test_error, test_rmse
    ),
    value, best_epoch, epochs, seconds, reason, replicates, created_at, started_at, finished_at
FROM trials
ORDER BY sweep_key, number
"""
MOVE_EPOCHS = """
INSERT INTO new_epochs
SELECT run_key, epoch,
    epoch_metrics_json(
        json_extract(sweeps.dataset_summary, '$.task'), e.metrics, train_loss, dev_loss, dev_error, dev_rmse
    ),
    e.seconds, gradient_norms
FROM epochs e
CROSS JOIN runs ON runs."key" = e.run_key
CROSS JOIN sweeps ON sweeps."key" = runs.sweep_key
ORDER BY run_key, epoch
"""

INDEXES = (
    "CREATE INDEX ix_sweeps_artifact_key ON sweeps (artifact_key)",
    "CREATE INDEX ix_sweeps_state_id ON sweeps (state, id)",
    "CREATE INDEX ix_trials_best ON trials (sweep_key, value, number) WHERE value IS NOT NULL",
    "CREATE INDEX ix_trials_sweep_key_state_number ON trials (sweep_key, state, number)",
)


def upgrade() -> None:
    """Make the new tables beside the old ones, move all rows, and put them in the places of the old ones."""
    connection = op.get_bind()
    register_functions(connection)
    for statement in (SWEEPS, TRIALS, EPOCHS, MOVE_SWEEPS, MOVE_TRIALS, MOVE_EPOCHS):
        connection.exec_driver_sql(statement)
    for table in ("epochs", "trials", "sweeps"):
        connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.exec_driver_sql(f"ALTER TABLE new_{table} RENAME TO {table}")
    for statement in INDEXES:
        connection.exec_driver_sql(statement)
    # No statement ever used this index.
    connection.exec_driver_sql("DROP INDEX ix_models_sweep_key_settled_value_trial")
    connection.exec_driver_sql("ALTER TABLE models RENAME COLUMN value TO cost")


def register_functions(connection: Connection) -> None:
    """Let SQL write the metrics as JSON: SQLite's own functions would not keep every bit of a number."""
    functions: dict[str, tuple[int, Callable[..., object]]] = {
        "directions_json": (1, _directions_json),
        "trial_metrics_json": (1 + len(_TRIAL_METRICS), _trial_metrics_json),
        "epoch_metrics_json": (6, _epoch_metrics_json),
    }
    driver: Any = connection.connection.driver_connection
    for name, (arguments, function) in functions.items():
        driver.create_function(name, arguments, function, deterministic=True)


def _directions_json(task: str | None) -> str:
    """Return all metrics that a sweep's trials may have from now on, with their directions."""
    directions = _DIRECTIONS_OF_NUMBERS if task == "regression" else _DIRECTIONS
    return _json(
        [
            {"name": f"{part}_{name}", "direction": direction}
            for part in ("train", "dev", "test")
            for name, direction in directions.items()
            if part != "train" or name in _ON_TRAIN
        ]
    )


def _trial_metrics_json(others: str | None, *values: float | None) -> str | None:
    """Return the metrics that have a value, null if none has."""
    known = {name: value for name, value in zip(_TRIAL_METRICS, values, strict=True) if value is not None}
    known |= json.loads(others or "{}")
    return _json(known) if known else None


def _epoch_metrics_json(
    task: str | None,
    others: str | None,
    train_loss: float | None,
    dev_loss: float | None,
    dev_error: float | None,
    dev_rmse: float | None,
) -> str:
    """Return the metrics that an epoch has under this task, null where one was not finite."""
    errors = {"dev_rmse": dev_rmse} if task == "regression" else {"dev_error": dev_error}
    return _json({"train_loss": train_loss, "dev_loss": dev_loss, **errors, **json.loads(others or "{}")})


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
