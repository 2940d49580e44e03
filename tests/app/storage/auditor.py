"""Recounts what the storage keeps up with every commit, by a plain scan that shares no code with it."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

Rows = Callable[[str], Iterable[Any]]
"""What answers a query with its rows."""

_KEPT = """SELECT sweep_key, queued, running, paused, completed, pruned, diverged, failed, cancelled,
           best_trial, best_value FROM sweep_counts"""
_STATES = ("queued", "running", "paused", "completed", "pruned", "diverged", "failed", "cancelled")
_FINAL = _STATES[3:]


def audit_folder(folder: Path) -> None:
    """Recount every database beneath a folder; those of older versions, which keep no counts, are left out."""
    for path in folder.rglob("logsweep.db"):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sweep_counts'").fetchone():
                audit(connection.execute)


def audit_transaction(connection: Connection) -> None:
    """Recount what a transaction sees."""
    audit(connection.exec_driver_sql)


def audit(rows: Rows) -> None:
    """Require that the counts and the best trial of every sweep are those of its trials."""
    counted = _counted(rows)
    kept = {key: (dict(zip(_STATES, counts, strict=True)), best) for key, *counts, best in _kept(rows)}
    for key, found in counted.items():
        assert kept.get(key) == found, f"sweep {key}: kept {kept.get(key)}, counted {found}"
    assert kept.keys() == counted.keys()


def _kept(rows: Rows) -> Iterable[list[Any]]:
    for key, *counts, trial, value in rows(_KEPT):
        yield [key, *counts, None if trial is None else (trial, value)]


def _counted(rows: Rows) -> dict[int, tuple[dict[str, int], tuple[int, float] | None]]:
    directions: dict[int, str] = dict(map(tuple, rows("SELECT key, direction FROM sweeps")))
    trials = list(map(tuple, rows("SELECT sweep_key, number, state, value FROM trials ORDER BY sweep_key, number")))
    # Databases of before have no column for it.
    marks = list(rows("SELECT 1 FROM pragma_table_info('trials') WHERE name = 'confirmed'"))
    confirmed = set(map(tuple, rows("SELECT sweep_key, number FROM trials WHERE confirmed = 1"))) if marks else set()
    counted = {}
    for key, direction in directions.items():
        mine = [(number, state, value) for sweep, number, state, value in trials if sweep == key]
        led = [one for one in mine if (key, one[0]) in confirmed and one[2] is not None]
        states = Counter(state for _, state, _ in mine)
        ended = [(number, value) for number, state, value in led or mine if state == "completed" and value is not None]
        others = [(number, value) for number, state, value in led or mine if state in _FINAL and value is not None]
        results = ended + [one for one in others if one not in ended]  # of equals the first counts
        lowest, highest = _first(results, min), _first(results, max)
        best = lowest if direction == "minimize" else highest
        counted[key] = {state: states[state] for state in _STATES}, best
    return counted


def _first(results: list[tuple[int, float]], which: Callable[..., float]) -> tuple[int, float] | None:
    wanted = which((value for _, value in results), default=None)
    return next((result for result in results if result[1] == wanted), None)
