"""Views that need no join: `trials_wide`, with a column for each hyperparameter, and `curves`, by sweep and trial.

The hyperparameters are those that any stored sweep searches or fixes; a sweep that brings others makes the views anew.
"""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection

from app.storage.dialect import column_names

MOST = 1000
"""Hyperparameters that have a column, in the order in which sweeps brought them: SQLite allows 2,000 columns."""

_NAMES = """
SELECT DISTINCT name FROM (
    SELECT sweeps."key", names."key" AS name FROM sweeps, json_each(sweeps.posted, '$.space') AS names
    UNION ALL SELECT sweeps."key", names."key" FROM sweeps, json_each(sweeps.posted, '$.fixed') AS names
    UNION ALL SELECT sweeps."key", names."key"
        FROM sweeps, json_each(sweeps.spaces) AS version, json_each(version.value, '$.space') AS names)
ORDER BY "key", name LIMIT ?"""

_TRIAL = (
    "number", "state", "value", "best_epoch", "epochs", "seconds", "replicates", "reason", "created_at", "started_at",
    "finished_at",
)  # fmt: skip  # columns of the view trials


def parameters(connection: Connection) -> list[str]:
    """Return the hyperparameters of all stored sweeps."""
    return [row.name for row in connection.exec_driver_sql(_NAMES, (MOST,))]


def lack(connection: Connection, names: Iterable[str]) -> bool:
    """Return whether a view has no column for one of these hyperparameters, and has room for it."""
    shown = column_names(connection, "trials_wide")
    known = {name.lower() for name in shown}
    return len(shown) < MOST and not all({name.lower(), _apart(name)} & known for name in names)


def statements(metrics: Collection[str], epoch_metrics: Collection[str], names: Collection[str]) -> Mapping[str, str]:
    """Return the statements that make the views, from the views `trials`, `runs` and `epochs`."""
    return {"trials_wide": _wide(metrics, names), "curves": _curves(epoch_metrics)}


def _wide(metrics: Collection[str], names: Collection[str]) -> str:
    columns = {"sweep": "sweeps.id", "sweep_name": "sweeps.name"}
    columns |= {name: f"trials.{_quoted(name)}" for name in (*_TRIAL, *metrics)}
    taken = {name.lower() for name in columns}
    for name in names:
        shown = _apart(name) if name.lower() in taken else name
        if shown.lower() not in taken:  # names that differ in capitals alone are one to SQLite
            columns[shown] = _value(name)
            taken.add(shown.lower())
    return _view("trials_wide", columns, "trials JOIN sweeps ON sweeps.key = trials.sweep_key")


def _value(name: str) -> str:
    """Return SQL for a hyperparameter of a trial: what was drawn, or else what its sweep fixed."""
    path = _text(f'$."{name}"')
    return f"coalesce(json_extract(trials.params, {path}), json_extract(sweeps.posted, '$.fixed' || substr({path}, 2)))"


def _curves(metrics: Collection[str]) -> str:
    columns = {"sweep": "sweeps.id", "sweep_name": "sweeps.name", "trial": "runs.trial", "replicate": "runs.replicate"}
    columns |= {name: f"epochs.{_quoted(name)}" for name in ("epoch", "seconds", *metrics)}
    return _view(
        "curves", columns, "epochs JOIN runs ON runs.key = epochs.run_key JOIN sweeps ON sweeps.key = runs.sweep_key"
    )


def _view(name: str, columns: Mapping[str, str], source: str) -> str:
    shown = ", ".join(f"{sql} AS {_quoted(column)}" for column, sql in columns.items())
    return f"CREATE VIEW {name} AS SELECT {shown} FROM {source}"  # noqa: S608 - quoted names


def _apart(name: str) -> str:
    """Return the column of a hyperparameter that is called as another column, in small letters."""
    return f"param_{name}".lower()


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _text(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'"
