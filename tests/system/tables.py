"""What a sweep left in logsweep.db, without what may differ between two runs: ids, times and seconds."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

_QUERIES = {
    "trials": "SELECT number, trials.state, params, train_loss, train_error, dev_loss, dev_error, test_error, "
    "train_rmse, dev_rmse, test_rmse, value, best_epoch, epochs, trials.reason FROM trials "
    "JOIN sweeps ON sweeps.key = trials.sweep_key WHERE sweeps.id = ? ORDER BY number",
    "epochs": "SELECT trial, replicate, epoch, train_loss, dev_loss, dev_error, dev_rmse FROM epochs "
    "JOIN runs ON runs.key = epochs.run_key JOIN sweeps ON sweeps.key = runs.sweep_key "
    "WHERE sweeps.id = ? ORDER BY trial, replicate, epoch",
    "models": "SELECT trial, value, sha256 FROM models JOIN artifacts ON artifacts.key = models.artifact_key "
    "JOIN sweeps ON sweeps.key = models.sweep_key WHERE sweeps.id = ? ORDER BY trial",
    "decisions": "SELECT number, round, kind, trials, decisions.reason FROM decisions "
    "JOIN sweeps ON sweeps.key = decisions.sweep_key WHERE sweeps.id = ? ORDER BY number",
}


def result_tables(data: Path, sweep: str) -> Mapping[str, list[tuple[Any, ...]]]:
    """Return the rows of trials, curves, weights (by their hashes) and decisions of a sweep, from the file itself."""
    with closing(sqlite3.connect(f"file:{data / 'logsweep.db'}?mode=ro", uri=True)) as connection:
        return {name: connection.execute(query, (sweep,)).fetchall() for name, query in _QUERIES.items()}


def queue_length(data: Path) -> int:
    """Return how many runs are waiting or in training."""
    with closing(sqlite3.connect(f"file:{data / 'logsweep.db'}?mode=ro", uri=True)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM runs WHERE state IN ('queued', 'running')").fetchone()
        return int(count)
