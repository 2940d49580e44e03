"""Counts of trials by state and the best trial of each sweep, in a row of its own that every commit keeps up."""

from alembic import op

revision = "0007"
down_revision = "0006"

_STATES = ("queued", "running", "paused", "completed", "pruned", "diverged", "failed", "cancelled")
COUNTS = """
CREATE TABLE sweep_counts (
    sweep_key INTEGER NOT NULL,
    queued INTEGER DEFAULT 0 NOT NULL,
    running INTEGER DEFAULT 0 NOT NULL,
    paused INTEGER DEFAULT 0 NOT NULL,
    completed INTEGER DEFAULT 0 NOT NULL,
    pruned INTEGER DEFAULT 0 NOT NULL,
    diverged INTEGER DEFAULT 0 NOT NULL,
    failed INTEGER DEFAULT 0 NOT NULL,
    cancelled INTEGER DEFAULT 0 NOT NULL,
    best_trial INTEGER,
    best_value REAL,
    CONSTRAINT pk_sweep_counts PRIMARY KEY (sweep_key),
    CONSTRAINT fk_sweep_counts_sweeps FOREIGN KEY(sweep_key) REFERENCES sweeps ("key")
) STRICT
"""
BEST = """
UPDATE sweep_counts SET (best_trial, best_value) = (
    SELECT number, value FROM trials
    WHERE trials.sweep_key = sweep_counts.sweep_key AND value IS NOT NULL
      AND state NOT IN ('queued', 'running', 'paused')
    ORDER BY CASE direction WHEN 'maximize' THEN -value ELSE value END, number LIMIT 1
)
FROM sweeps WHERE sweeps."key" = sweep_counts.sweep_key
"""


def upgrade() -> None:
    """Count what is there: one pass over the index of states, one over the values."""
    op.execute(COUNTS)
    op.execute('INSERT INTO sweep_counts (sweep_key) SELECT "key" FROM sweeps')
    for state in _STATES:
        counted = f"SELECT count(*) FROM trials WHERE trials.sweep_key = sweep_counts.sweep_key AND state = '{state}'"  # noqa: S608 - a word of ours
        op.execute(f"UPDATE sweep_counts SET {state} = ({counted})")  # noqa: S608 - a word of ours
    op.execute(BEST)
