"""The first schema: data sets, sweeps, trials with their epochs and models, and the queue of work."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = (
    """
CREATE TABLE contents (
    sha256 TEXT NOT NULL,
    content BLOB NOT NULL,
    CONSTRAINT pk_contents PRIMARY KEY (sha256)
) STRICT
    """,
    """
CREATE TABLE datasets (
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    task TEXT NOT NULL,
    builtin INTEGER NOT NULL,
    rows TEXT NOT NULL,
    features INTEGER NOT NULL,
    outputs INTEGER NOT NULL,
    card TEXT NOT NULL,
    created_at TEXT NOT NULL,
    CONSTRAINT pk_datasets PRIMARY KEY (name),
    CONSTRAINT fk_datasets_contents FOREIGN KEY(sha256) REFERENCES contents (sha256)
) STRICT
    """,
    """
CREATE TABLE sweeps (
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
    CONSTRAINT pk_sweeps PRIMARY KEY (id),
    CONSTRAINT fk_sweeps_contents FOREIGN KEY(dataset_sha256) REFERENCES contents (sha256),
    CONSTRAINT ck_sweeps_state CHECK (state IN ('running', 'paused', 'completed', 'cancelled', 'failed'))
) STRICT
    """,
    """
CREATE TABLE trials (
    sweep_id TEXT NOT NULL,
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
    value REAL,
    best_epoch INTEGER,
    epochs INTEGER NOT NULL,
    seconds REAL NOT NULL,
    reason TEXT,
    fence INTEGER,
    created_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT,
    CONSTRAINT pk_trials PRIMARY KEY (sweep_id, number),
    CONSTRAINT ck_trials_state CHECK (
        state IN ('queued', 'running', 'paused', 'completed', 'pruned', 'diverged', 'failed', 'cancelled')
    ),
    CONSTRAINT fk_trials_sweeps FOREIGN KEY(sweep_id) REFERENCES sweeps (id)
) WITHOUT ROWID, STRICT
    """,
    """
CREATE TABLE epochs (
    sweep_id TEXT NOT NULL,
    trial INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    train_loss REAL,
    dev_loss REAL,
    dev_error REAL,
    dev_rmse REAL,
    seconds REAL NOT NULL,
    CONSTRAINT pk_epochs PRIMARY KEY (sweep_id, trial, epoch),
    CONSTRAINT fk_epochs_trials FOREIGN KEY(sweep_id, trial) REFERENCES trials (sweep_id, number)
) WITHOUT ROWID, STRICT
    """,
    """
CREATE TABLE models (
    sweep_id TEXT NOT NULL,
    trial INTEGER NOT NULL,
    value REAL NOT NULL,
    weights BLOB NOT NULL,
    made_with TEXT NOT NULL,
    CONSTRAINT pk_models PRIMARY KEY (sweep_id, trial),
    CONSTRAINT fk_models_trials FOREIGN KEY(sweep_id, trial) REFERENCES trials (sweep_id, number)
) STRICT
    """,
    """
CREATE TABLE segments (
    sweep_id TEXT NOT NULL,
    trial INTEGER NOT NULL,
    from_epoch INTEGER NOT NULL,
    to_epoch INTEGER NOT NULL,
    cohort TEXT NOT NULL,
    state TEXT NOT NULL,
    worker TEXT,
    fence INTEGER NOT NULL,
    lease_until TEXT,
    losses INTEGER NOT NULL,
    CONSTRAINT pk_segments PRIMARY KEY (sweep_id, trial),
    CONSTRAINT fk_segments_trials FOREIGN KEY(sweep_id, trial) REFERENCES trials (sweep_id, number),
    CONSTRAINT ck_segments_state CHECK (state IN ('queued', 'leased')),
    CONSTRAINT ck_segments_lease CHECK (
        (state = 'leased') = (worker IS NOT NULL AND lease_until IS NOT NULL)
    )
) WITHOUT ROWID, STRICT
    """,
)

INDEXES = (
    "CREATE INDEX ix_sweeps_dataset_sha256 ON sweeps (dataset_sha256)",
    "CREATE INDEX ix_sweeps_state_id ON sweeps (state, id)",
    "CREATE INDEX ix_trials_best ON trials (sweep_id, value, number) WHERE value IS NOT NULL",
    "CREATE INDEX ix_trials_sweep_id_state_number ON trials (sweep_id, state, number)",
    "CREATE INDEX ix_models_sweep_id_value_trial ON models (sweep_id, value, trial)",
    "CREATE INDEX ix_segments_leased ON segments (lease_until) WHERE state = 'leased'",
    "CREATE INDEX ix_segments_lost ON segments (losses) WHERE state = 'queued'",
    "CREATE INDEX ix_segments_queued ON segments (sweep_id, cohort, trial, losses) WHERE state = 'queued'",
    "CREATE INDEX ix_segments_worker ON segments (worker, losses) WHERE state = 'leased'",
)


def upgrade() -> None:
    """Create everything."""
    for statement in (*TABLES, *INDEXES):
        op.execute(statement)
