"""What a sweep left in logsweep.db, without what may differ between two runs: ids, times and seconds."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

_QUERIES = {
    "trials": "SELECT number, state, params, train_loss, train_error, dev_loss, dev_error, test_error, train_rmse, "
    "dev_rmse, test_rmse, value, best_epoch, epochs, reason FROM trials WHERE sweep_id = ? ORDER BY number",
    "epochs": "SELECT trial, epoch, train_loss, dev_loss, dev_error, dev_rmse FROM epochs "
    "WHERE sweep_id = ? ORDER BY trial, epoch",
    "models": "SELECT trial, value, weights FROM models WHERE sweep_id = ? ORDER BY trial",
}


def result_tables(data: Path, sweep: str) -> Mapping[str, list[tuple[Any, ...]]]:
    """Return the rows of trials, curves and weights of a sweep, from the file itself."""
    with closing(sqlite3.connect(f"file:{data / 'logsweep.db'}?mode=ro", uri=True)) as connection:
        return {name: connection.execute(query, (sweep,)).fetchall() for name, query in _QUERIES.items()}


def queue_length(data: Path) -> int:
    """Return how many segments are left in the queue."""
    with closing(sqlite3.connect(f"file:{data / 'logsweep.db'}?mode=ro", uri=True)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM segments").fetchone()
        return int(count)
