"""What a sweep left in logsweep.db, without what may differ between two runs: ids, times and seconds."""

import json
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


_MADE_WITH = "SELECT DISTINCT made_with FROM models WHERE sweep_id = ?"
_SUSPECTS = "SELECT trial FROM segments WHERE sweep_id = ? AND losses >= 3 ORDER BY trial"
_FENCES = """
    SELECT number, max(ifnull(trials.fence, 0), ifnull(segments.fence, 0))
    FROM trials LEFT JOIN segments ON segments.sweep_id = trials.sweep_id AND trial = number
    WHERE trials.sweep_id = ?
"""


def result_tables(data: Path, sweep: str) -> Mapping[str, list[tuple[Any, ...]]]:
    """Return the rows of trials, curves and weights of a sweep, from the file itself."""
    return {name: _rows(data, query, sweep) for name, query in _QUERIES.items()}


def made_with(data: Path, sweep: str) -> list[Any]:
    """Return what the weights of a sweep were made with, without repetition."""
    return [json.loads(text) for (text,) in _rows(data, _MADE_WITH, sweep)]


def suspects(data: Path, sweep: str) -> list[int]:
    """Return the trials of a sweep that are tried alone, since they lost several workers."""
    return [trial for (trial,) in _rows(data, _SUSPECTS, sweep)]


def fences(data: Path, sweep: str) -> Mapping[int, int]:
    """Return for each trial of a sweep the highest fence that a lease of it is known to have had."""
    return dict(_rows(data, _FENCES, sweep))


def queue_length(data: Path) -> int:
    """Return how many segments are left in the queue."""
    ((count,),) = _rows(data, "SELECT count(*) FROM segments")
    return int(count)


def _rows(data: Path, query: str, *values: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{data / 'logsweep.db'}?mode=ro", uri=True)) as connection:
        return connection.execute(query, values).fetchall()
