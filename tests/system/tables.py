"""What a sweep left in logsweep.db, without what may differ between two runs: ids, times and seconds."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

_QUERIES = {
    "trials": "SELECT number, trials.state, params, {metrics}, value, best_epoch, epochs, "
    "trials.reason FROM trials JOIN sweeps ON sweeps.key = trials.sweep_key WHERE sweeps.id = ? ORDER BY number",
    "epochs": "SELECT trial, epoch, {metrics} FROM epochs "
    "JOIN runs ON runs.key = epochs.run_key JOIN sweeps ON sweeps.key = runs.sweep_key "
    "WHERE replicate = 0 AND sweeps.id = ? ORDER BY trial, epoch",
    "replicates": "SELECT trial, replicate, epoch, {metrics} FROM epochs "
    "JOIN runs ON runs.key = epochs.run_key JOIN sweeps ON sweeps.key = runs.sweep_key "
    "WHERE replicate > 0 AND sweeps.id = ? ORDER BY trial, replicate, epoch",
    "models": "SELECT trial, cost, models.artifact_key FROM models "
    "JOIN sweeps ON sweeps.key = models.sweep_key WHERE sweeps.id = ? ORDER BY trial",
    "ensembles": "SELECT ensembles.name, chosen_from, content FROM ensembles "
    "JOIN sweeps ON sweeps.key = ensembles.sweep_key WHERE sweeps.id = ? ORDER BY ensembles.name",
    "decisions": "SELECT number, round, kind, trials, decisions.reason FROM decisions "
    "JOIN sweeps ON sweeps.key = decisions.sweep_key WHERE sweeps.id = ? ORDER BY number",
}
_PIECES = "SELECT content FROM artifact_pieces WHERE artifact_key = ? ORDER BY number"
_MADE_WITH = "SELECT DISTINCT made_with FROM models JOIN sweeps ON sweeps.key = models.sweep_key WHERE sweeps.id = ?"
_SUSPECTS = (
    "SELECT trial FROM runs JOIN sweeps ON sweeps.key = sweep_key "
    "WHERE sweeps.id = ? AND losses >= 3 AND runs.state IN ('queued', 'running') ORDER BY trial"
)
_FENCES = "SELECT trial, fence FROM runs JOIN sweeps ON sweeps.key = sweep_key WHERE sweeps.id = ? AND replicate = 0"


def result_tables(data: Path, sweep: str) -> Mapping[str, list[tuple[Any, ...]]]:
    """Return the rows of trials, curves, weights, ensembles and decisions of a sweep, from the file itself."""
    found = {name: _measured(data, query, sweep) for name, query in _QUERIES.items()}
    return {**found, "models": [(*about, _content(data, artifact)) for *about, artifact in found["models"]]}


def _measured(data: Path, query: str, sweep: str) -> list[tuple[Any, ...]]:
    """Return rows in which the metrics that have a value are one object, by name."""
    before, marked, after = query.partition("{metrics}")
    if not marked:
        return _rows(data, query, sweep)
    view = "trials" if "FROM trials" in query else "epochs"
    names = [name for (name,) in _rows(data, "SELECT name FROM metric_slots WHERE holder = ? ORDER BY name", view)]
    place = before.count(",")
    columns = ", ".join(f'{view}."{name}"' for name in names)
    return [_gathered(row, place, names) for row in _rows(data, f"{before}{columns}{after}", sweep)]


def _gathered(row: tuple[Any, ...], place: int, names: Sequence[str]) -> tuple[Any, ...]:
    metrics = zip(names, row[place : place + len(names)], strict=True)
    known = {name: value for name, value in metrics if value is not None}
    return (*row[:place], known, *row[place + len(names) :])


def _content(data: Path, artifact: int) -> bytes:
    return b"".join(piece for (piece,) in _rows(data, _PIECES, artifact))


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
    """Return how many runs are waiting or in training."""
    ((count,),) = _rows(data, "SELECT count(*) FROM runs WHERE state IN ('queued', 'running')")
    return int(count)


def _rows(data: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{data / 'logsweep.db'}?mode=ro", uri=True)) as connection:
        return connection.execute(query, values).fetchall()
