"""Metrics in numbered columns, times as numbers and cohorts by number: rows of which there are many are packed.

A trial has its metrics once, not in its only run again.
"""

import json
from collections.abc import Mapping
from math import copysign
from typing import Any

from alembic import op
from sqlalchemy import Connection

revision = "0008"
down_revision = "0007"

Metrics = Mapping[str, float | None]

_STATES = "'queued', 'running', 'paused', 'completed', 'pruned', 'diverged', 'failed', 'cancelled'"
_TRIAL_SLOTS, _EPOCH_SLOTS = 32, 12
_PART = 1000
"""Rows that are read and written at a time."""


def _metric_columns(slots: int) -> str:
    numbered = "".join(f"m{number} REAL, " for number in range(slots))
    return f"{numbered}undefined_metrics INTEGER, other_metrics TEXT"


SLOTS = """
CREATE TABLE metric_slots (
    holder TEXT NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT pk_metric_slots PRIMARY KEY (holder, number),
    CONSTRAINT ck_metric_slots_holder CHECK (holder IN ('trials', 'epochs'))
) WITHOUT ROWID, STRICT
"""
COHORTS = """
CREATE TABLE cohorts (
    sweep_key INTEGER NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT pk_cohorts PRIMARY KEY (sweep_key, number),
    CONSTRAINT fk_cohorts_sweeps FOREIGN KEY(sweep_key) REFERENCES sweeps ("key")
) WITHOUT ROWID, STRICT
"""
COHORT_NAMES = "CREATE UNIQUE INDEX ix_cohorts_sweep_key_name ON cohorts (sweep_key, name)"
TRIALS = f"""
CREATE TABLE new_stored_trials (
    sweep_key INTEGER NOT NULL,
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    params TEXT NOT NULL,
    {_metric_columns(_TRIAL_SLOTS)},
    value REAL,
    best_epoch INTEGER,
    epochs INTEGER NOT NULL,
    seconds REAL NOT NULL,
    reason TEXT,
    replicates INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    room BLOB,
    CONSTRAINT pk_stored_trials PRIMARY KEY (sweep_key, number),
    CONSTRAINT ck_stored_trials_state CHECK (state IN ({_STATES})),
    CONSTRAINT fk_stored_trials_sweeps FOREIGN KEY(sweep_key) REFERENCES sweeps ("key")
) WITHOUT ROWID, STRICT
"""
RUNS = f"""
CREATE TABLE new_stored_runs (
    "key" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    sweep_key INTEGER NOT NULL,
    trial INTEGER NOT NULL,
    replicate INTEGER NOT NULL,
    state TEXT NOT NULL,
    round INTEGER NOT NULL,
    cohort INTEGER NOT NULL,
    asked INTEGER NOT NULL,
    charged INTEGER NOT NULL,
    epochs INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    recorded_fence INTEGER,
    worker TEXT,
    leased_at INTEGER,
    lease_until INTEGER,
    losses INTEGER NOT NULL,
    alone_losses INTEGER NOT NULL,
    value REAL,
    best_epoch INTEGER,
    seconds REAL NOT NULL,
    reason TEXT,
    checkpoint_epoch INTEGER,
    checkpoint_sha256 TEXT,
    checkpoint_size INTEGER,
    CONSTRAINT fk_stored_runs_stored_trials FOREIGN KEY(sweep_key, trial)
        REFERENCES stored_trials (sweep_key, number),
    CONSTRAINT ck_stored_runs_state CHECK (state IN ({_STATES})),
    CONSTRAINT ck_stored_runs_lease CHECK ((state = 'running') = (lease_until IS NOT NULL))
) STRICT
"""
REPLICATES = f"""
CREATE TABLE replicate_metrics (
    run_key INTEGER NOT NULL,
    {_metric_columns(_TRIAL_SLOTS)},
    CONSTRAINT pk_replicate_metrics PRIMARY KEY (run_key),
    CONSTRAINT fk_replicate_metrics_stored_runs FOREIGN KEY(run_key) REFERENCES stored_runs ("key")
) STRICT
"""
EPOCHS = f"""
CREATE TABLE new_stored_epochs (
    run_key INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    {_metric_columns(_EPOCH_SLOTS)},
    seconds REAL NOT NULL,
    gradient_norms TEXT,
    CONSTRAINT pk_stored_epochs PRIMARY KEY (run_key, epoch),
    CONSTRAINT fk_stored_epochs_stored_runs FOREIGN KEY(run_key) REFERENCES stored_runs ("key")
) WITHOUT ROWID, STRICT
"""
ATTEMPTS = """
CREATE TABLE new_stored_attempts (
    run_key INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    worker TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    ending TEXT NOT NULL,
    reason TEXT,
    epochs INTEGER NOT NULL,
    CONSTRAINT pk_stored_attempts PRIMARY KEY (run_key, fence),
    CONSTRAINT ck_stored_attempts_ending CHECK (ending IN ('finished', 'paused', 'released', 'lost', 'signal',
        'refused', 'error', 'out_of_memory')),
    CONSTRAINT fk_stored_attempts_stored_runs FOREIGN KEY(run_key) REFERENCES stored_runs ("key")
) WITHOUT ROWID, STRICT
"""
INDEXES = (
    "CREATE INDEX ix_trials_best ON stored_trials (sweep_key, value, number) WHERE value IS NOT NULL",
    "CREATE INDEX ix_trials_sweep_key_state_number ON stored_trials (sweep_key, state, number)",
    "CREATE UNIQUE INDEX ix_runs_sweep_key_trial_replicate ON stored_runs (sweep_key, trial, replicate)",
    "CREATE INDEX ix_runs_leased ON stored_runs (lease_until) WHERE state = 'running'",
    "CREATE INDEX ix_runs_training ON stored_runs (sweep_key) WHERE state = 'running'",
    "CREATE INDEX ix_runs_suspect ON stored_runs (losses) WHERE state = 'queued'",
    "CREATE INDEX ix_runs_round ON stored_runs (sweep_key, round) WHERE round > 0",
    "CREATE INDEX ix_runs_queued ON stored_runs (sweep_key, cohort, trial, losses) WHERE state = 'queued'",
    "CREATE INDEX ix_runs_paused ON stored_runs (sweep_key) WHERE state = 'paused'",
    "CREATE INDEX ix_runs_held ON stored_runs (worker, losses) WHERE state = 'running'",
)


def _microseconds(column: str) -> str:
    """Return SQL for the number of a time that is stored as text with six digits of a second."""
    seconds = f"CAST(strftime('%s', substr({column}, 1, 19)) AS INTEGER)"
    return f"{seconds} * 1000000 + CAST(substr({column}, 21, 6) AS INTEGER)"


# Cohorts are numbered as their first runs were drawn.
MOVE_COHORTS = """
INSERT INTO cohorts
SELECT sweep_key, row_number() OVER (PARTITION BY sweep_key ORDER BY first) - 1, cohort
FROM (SELECT sweep_key, cohort, min("key") AS first FROM stored_runs GROUP BY sweep_key, cohort)
"""
# That a run has a result says `recorded_fence` alone from now on; under 0 nobody ever held a run.
MOVE_RUNS = f"""
INSERT INTO new_stored_runs
SELECT "key", r.sweep_key, trial, replicate, state, round, c.number, asked, charged, epochs, fence,
    CASE WHEN metrics IS NOT NULL THEN coalesce(recorded_fence, 0)
        WHEN state NOT IN ('queued', 'running', 'paused', 'cancelled') THEN recorded_fence END,
    worker, {_microseconds("leased_at")}, {_microseconds("lease_until")}, losses, alone_losses, value, best_epoch,
    seconds, reason, checkpoint_epoch, checkpoint_sha256, checkpoint_size
FROM stored_runs r
CROSS JOIN cohorts c ON c.sweep_key = r.sweep_key AND c.name = r.cohort
ORDER BY "key"
"""  # noqa: S608 - our own names
MOVE_ATTEMPTS = f"""
INSERT INTO new_stored_attempts
SELECT run_key, fence, worker, {_microseconds("started_at")}, {_microseconds("ended_at")}, ending, reason, epochs
FROM stored_attempts
ORDER BY run_key, fence
"""  # noqa: S608 - our own names
# Rows are read and written in the order of their keys: to sort them would take memory of their size.
READ_TRIALS = f"""
SELECT metrics, sweep_key, number, state, params, value, best_epoch, epochs, seconds, reason, replicates,
    {_microseconds("created_at")} AS created_at, {_microseconds("started_at")} AS started_at,
    {_microseconds("finished_at")} AS finished_at
FROM stored_trials
ORDER BY sweep_key, number
"""  # noqa: S608 - our own names
READ_REPLICATES = """
SELECT r.metrics, r."key" AS run_key
FROM stored_runs r
CROSS JOIN stored_trials t ON t.sweep_key = r.sweep_key AND t.number = r.trial
WHERE t.replicates > 1 AND r.metrics IS NOT NULL
ORDER BY r."key"
"""
READ_EPOCHS = "SELECT metrics, run_key, epoch, seconds, gradient_norms FROM stored_epochs ORDER BY run_key, epoch"

TABLES = ("attempts", "epochs", "runs", "trials")


def upgrade() -> None:
    """Make the new tables beside the old ones, move all rows, and put them in the places of the old ones."""
    connection = op.get_bind()
    connection.exec_driver_sql("DROP INDEX ix_runs_queued")  # it is of the cohorts by name
    for table in TABLES:
        # Not only what is made anew: the rows of models refer to trials by the name of the table.
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO stored_{table}")
    for statement in (SLOTS, COHORTS, COHORT_NAMES, TRIALS, RUNS, REPLICATES, EPOCHS, ATTEMPTS, MOVE_COHORTS):
        connection.exec_driver_sql(statement)
    _move_metrics(connection)
    for statement in (MOVE_RUNS, MOVE_ATTEMPTS):
        connection.exec_driver_sql(statement)
    _put_in_place(connection)
    for statement in INDEXES:
        connection.exec_driver_sql(statement)


def _put_in_place(connection: Connection) -> None:
    last = connection.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = 'stored_runs'").scalar()
    for table in TABLES:
        connection.exec_driver_sql(f"DROP TABLE stored_{table}")
        connection.exec_driver_sql(f"ALTER TABLE new_stored_{table} RENAME TO stored_{table}")
    if last is not None:
        # Keys of runs that were deleted are never given again.
        connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = 'stored_runs'")
        connection.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES ('stored_runs', ?)", (last,))


def _move_metrics(connection: Connection) -> None:
    epochs, trials = Packing(_EPOCH_SLOTS), Packing(_TRIAL_SLOTS)
    _move(connection, READ_EPOCHS, "new_stored_epochs", epochs)
    _move(connection, READ_TRIALS, "new_stored_trials", trials)
    _move(connection, READ_REPLICATES, "replicate_metrics", trials)
    for holder, packing in (("trials", trials), ("epochs", epochs)):
        for name, number in packing.numbers.items():
            connection.exec_driver_sql("INSERT INTO metric_slots VALUES (?, ?, ?)", (holder, number, name))


class Packing:
    """Puts metrics into numbered columns, which names get as they appear."""

    def __init__(self, slots: int) -> None:
        self.numbers: dict[str, int] = {}
        self._slots = slots

    def columns(self) -> str:
        """Return the names of the columns, in the order of `pack`."""
        return ", ".join([*(f"m{number}" for number in range(self._slots)), "undefined_metrics", "other_metrics"])

    def pack(self, metrics: Metrics) -> tuple[Any, ...]:
        """Return the values of the columns; what has no slot, and -0.0, of which SQLite makes 0.0, go by name."""
        values: list[float | None] = [None] * self._slots
        undefined, others = 0, {}
        for name, value in metrics.items():
            if name not in self.numbers and len(self.numbers) < self._slots:
                self.numbers[name] = len(self.numbers)
            number = self.numbers.get(name)
            if number is None or (value is not None and value == 0.0 and copysign(1.0, value) < 0.0):
                others[name] = value
            if number is not None:
                values[number] = value
                undefined |= (value is None) << number
        return (*values, undefined or None, json.dumps(others, separators=(",", ":")) if others else None)


def _move(connection: Connection, read: str, table: str, packing: Packing) -> None:
    rows = connection.exec_driver_sql(read)
    names = list(rows.keys())[1:]
    marks = ", ".join("?" * (len(names) + len(packing.pack({}))))
    insert = f"INSERT INTO {table} ({', '.join(names)}, {packing.columns()}) VALUES ({marks})"  # noqa: S608 - our own names
    for part in rows.partitions(_PART):
        packed = [(*others, *packing.pack(json.loads(metrics or "{}"))) for metrics, *others in part]
        connection.exec_driver_sql(insert, packed)
