"""A sweep that was really trained, multiplied: its trials again under other numbers, with other parameters and values.

The copies have runs and curves as their originals, and finish one after the other behind them. They are put into the
file of a server that has stopped: what they are good for is to be looked at.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from app.storage import FILE
from app.storage.connect import driver

SPACE = {
    "learning_rate": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"},
    "l2": {"kind": "float", "low": 1e-6, "high": 0.1, "scale": "log"},
    "keep_prob": {"kind": "float", "low": 0.5, "high": 1.0},
    "optimizer": {"kind": "choice", "values": ["momentum", "rmsprop", "adam"]},
    "batch_size": {"kind": "choice", "values": [64, 128, 256]},
}
"""What the sweep has to search: the parameters of the copies are drawn from it."""

APART = 10_000
"""Microseconds from the end of a copy to that of the next one."""

_LUCK = "random() / 18446744073709551616.0 + 0.5"
_OPTIMIZER = "rtrim(substr('momentumrmsprop adam    ', 1 + 8 * abs(random() % 3), 8))"
_PARAMS = (
    """printf('{"learning_rate":%!.17g,"l2":%!.17g,"keep_prob":%!.17g,"optimizer":"%s","batch_size":%d}', """
    f"pow(10, -4 * ({_LUCK})), pow(10, -6 + 5 * ({_LUCK})), 0.5 + 0.5 * ({_LUCK}), {_OPTIMIZER}, "
    "64 << abs(random() % 3))"
)
_COPIES = f"""CREATE TEMP TABLE copies AS
WITH RECURSIVE numbers(number) AS (SELECT :first UNION ALL SELECT number + 1 FROM numbers WHERE number < :last)
SELECT number, number % :first AS original, {_LUCK} AS luck FROM numbers"""  # noqa: S608 - our own words


def multiply(folder: Path, count: int) -> None:
    """Give the only sweep of a data folder, all of whose trials are final and have one run, so many trials in all."""
    with closing(driver().connect(folder / FILE, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        (trained,) = connection.execute("SELECT drawn FROM sweeps").fetchone()
        connection.execute(_COPIES, {"first": trained, "last": count - 1})
        _copy_trials(connection)
        _copy_runs(connection)
        _count(connection, count)
        connection.execute("COMMIT")


def _copy_trials(connection: sqlite3.Connection) -> None:
    later = f"(copies.number - copies.original) * {APART}"
    times = {name: f"t.{name} + {later}" for name in ("created_at", "started_at", "finished_at")}
    metric = (
        "SELECT metric_slots.number FROM metric_slots JOIN sweeps ON metric_slots.name = metric WHERE holder = 'trials'"
    )
    ((slot,),) = connection.execute(metric).fetchall()
    value = dict.fromkeys(("value", f"m{slot}"), "t.value * (0.5 + copies.luck)")
    _copy(connection, "stored_trials", {"number": "copies.number", "params": _PARAMS, **times, **value}, "t.number")


def _copy_runs(connection: sqlite3.Connection) -> None:
    """Copy runs, and then the epochs of each: a copy's run has its key as far behind as the trial its number."""
    (last,) = connection.execute("SELECT max(key) FROM stored_runs").fetchone()
    key = f"{last} + copies.number"
    _copy(connection, "stored_runs", {"key": key, "trial": "copies.number"}, "t.trial")
    run = "(SELECT key FROM stored_runs WHERE trial = copies.original)"
    _copy(connection, "stored_epochs", {"run_key": key}, "t.run_key", run)


def _copy(
    connection: sqlite3.Connection, table: str, others: Mapping[str, str], by: str, original: str = "copies.original"
) -> None:
    """Copy the rows of the originals, of which some columns are others; `by` finds the original."""
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(others.get(name, f"t.{name}") for name in names)
    # The copies alone say the order: rows are put in by rising keys.
    source = f"temp.copies CROSS JOIN {table} t ON {by} = {original}"
    connection.execute(f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {source}")  # noqa: S608 - the names are our own


def _count(connection: sqlite3.Connection, count: int) -> None:
    """Write down how many trials there are, in which states, and the best one."""
    connection.execute("UPDATE sweeps SET drawn = ?, budget_trials = ?", (count, count))
    connection.execute("UPDATE sweeps SET spec = json_set(spec, '$.budget.trials', ?)", (count,))
    for (state,) in connection.execute("SELECT DISTINCT state FROM stored_trials").fetchall():
        number = f"(SELECT count(*) FROM stored_trials WHERE state = '{state}')"  # noqa: S608 - a state that is stored
        connection.execute(f"UPDATE sweep_counts SET {state} = {number}")  # noqa: S608 - the same
    best = "SELECT number, value FROM stored_trials WHERE value IS NOT NULL ORDER BY value, number LIMIT 1"
    connection.execute(f"UPDATE sweep_counts SET (best_trial, best_value) = ({best})")  # noqa: S608 - our own words
