"""A sweep of many finished trials: a few come from planner and worker, the others are put into the file beside them.

They have random parameters, values and metrics, and no runs: what it is good for is to read the trials and their sweep.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from app.storage import FILE
from app.storage.connect import driver
from app.storage.tables import trials
from benchmarks.trial_bytes import SLOTS, trained

_RANDOM = "(random() / 18446744073709551616.0 + 0.5)"
_NUMBERS = "WITH RECURSIVE numbers(value) AS (VALUES (?) UNION ALL SELECT value + 1 FROM numbers WHERE value < ?)"
_WIDTH, _OPTIMIZER = (
    "64 << abs(random() % 3)",
    "rtrim(substr('momentumrmsprop adam    ', 1 + 8 * abs(random() % 3), 8))",
)
_TEXT = '{"learning_rate":%!.17g,"l2":%!.17g,"optimizer":"%s","batch_size":%d,"hidden_units":[%d,32]}'
_PARAMS = f"printf('{_TEXT}', {_RANDOM}, {_RANDOM} / 10, {_OPTIMIZER}, {_WIDTH}, {_WIDTH})"


def fill(folder: Path, count: int) -> None:
    """Make a data folder with the sweep `trial_bytes.SWEEP` of so many finished trials."""
    trained(folder, SLOTS)
    with closing(driver().connect(folder / FILE, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        _add_trials(connection, count)
        _count(connection, count)
        connection.execute("COMMIT")


def _add_trials(connection: sqlite3.Connection, count: int) -> None:
    """Add trials that are as the first one but for their numbers, parameters, values, metrics and seconds."""
    table = trials.name
    first = connection.execute(f"SELECT * FROM {table} WHERE number = 0")  # noqa: S608 - the name is our own
    measured = {place[0] for place, value in zip(first.description, first.fetchone(), strict=True) if value is not None}
    others = {"number": "new.value", "params": _PARAMS, "value": _RANDOM, "seconds": _RANDOM}
    others |= dict.fromkeys((name for name in measured if name.startswith("m") and name[1:].isdigit()), _RANDOM)
    columns = [column.name for column in trials.c]
    values = [others.get(name, f"{table}.{name}") for name in columns]
    connection.execute(
        f"{_NUMBERS} INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} "  # noqa: S608 - the names are our own
        f"FROM {table}, numbers AS new WHERE number = 0",
        (SLOTS, count - 1),
    )


def _count(connection: sqlite3.Connection, count: int) -> None:
    """Write down how many trials there are, and the best one."""
    connection.execute("UPDATE sweeps SET drawn = ?, budget_trials = ?", (count, count + 1))
    best = f"SELECT number, value FROM {trials.name} WHERE value IS NOT NULL ORDER BY value, number LIMIT 1"  # noqa: S608 - as above
    connection.execute(f"UPDATE sweep_counts SET completed = ?, (best_trial, best_value) = ({best})", (count,))  # noqa: S608 - as above
