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
    deleted INTEGER NOT NULL,
    CONSTRAINT pk_sweeps PRIMARY KEY ("key")
) STRICT
    """,
)
