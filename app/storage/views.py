"""Views for those who read logsweep.db with sqlite3: the packed tables with metrics by name and times as text.

They are `trials`, `runs`, `epochs` and `attempts`, with those of `wide_views` on top of them, and made anew whenever a
metric gets a slot or a sweep brings hyperparameters that none had before.
"""

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection, Table

from app.storage import wide_views
from app.storage.columns import PackedInstant
from app.storage.dialect import instant_text
from app.storage.tables import attempts, epochs, replicate_metrics, runs, trials

_COHORT = "(SELECT name FROM cohorts WHERE cohorts.sweep_key = t.sweep_key AND cohorts.number = t.cohort)"
# What nobody asks for of a LEFT JOIN is not looked up.
_RUNS = f"""{runs.name} t
LEFT JOIN {trials.name} trial ON trial.sweep_key = t.sweep_key AND trial.number = t.trial
LEFT JOIN {replicate_metrics.name} r ON r.run_key = t."key\""""

# As `outcomes.TRIAL_TELLS`.
_TRIAL_TELLS = """trial.replicates = 1 AND t.fence = 1 AND t.recorded_fence = 1 AND t.worker IS NOT NULL
AND t.state IN ('completed', 'diverged') AND NOT EXISTS (SELECT 1 FROM stored_attempts a WHERE a.run_key = t."key")"""
_TOLD_ATTEMPTS = f"""
UNION ALL SELECT t."key", t.fence, t.worker, {instant_text("trial.started_at")}, {instant_text("trial.finished_at")},
'finished', trial.reason, t.epochs FROM {runs.name} t
JOIN {trials.name} trial ON trial.sweep_key = t.sweep_key AND trial.number = t.trial WHERE {_TRIAL_TELLS}"""  # noqa: S608 - our own names


def renew(connection: Connection) -> None:
    """Make those views anew that are not as they should be by now."""
    found = _stored(connection)
    for name, statement in _wanted(connection).items():
        if found.get(name) != statement:
            connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
            connection.exec_driver_sql(statement)


def take_parameters(connection: Connection, names: Iterable[str]) -> None:
    """Make the views anew if a stored sweep has hyperparameters of these names that they lack."""
    if wide_views.lack(connection, names):
        renew(connection)


def drop(connection: Connection) -> None:
    """Drop all views: SQLite renames no table while a view names one that is not there."""
    for name in _stored(connection):
        connection.exec_driver_sql(f"DROP VIEW {name}")


def _stored(connection: Connection) -> dict[str, str]:
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_schema WHERE type = 'view'")
    return {row.name: row.sql for row in rows}


def _wanted(connection: Connection) -> Mapping[str, str]:
    slots = connection.exec_driver_sql("SELECT holder, name, number FROM metric_slots ORDER BY number").all()
    of_trials = {name: f"m{number}" for holder, name, number in slots if holder == "trials"}
    of_epochs = {name: f"m{number}" for holder, name, number in slots if holder == "epochs"}
    of_runs = {name: f"iif(trial.replicates = 1, trial.{column}, r.{column})" for name, column in of_trials.items()}
    return {
        "trials": _view("trials", trials, of_trials),
        "runs": _view("runs", runs, of_runs, _RUNS),
        "epochs": _view("epochs", epochs, of_epochs),
        "attempts": _view("attempts", attempts, {}) + _TOLD_ATTEMPTS,
        **wide_views.statements(of_trials, of_epochs, wide_views.parameters(connection)),
    }


def _view(name: str, table: Table, metrics: Mapping[str, str], source: str = "") -> str:
    columns = {**metrics, **dict(_columns(table))}
    shown = ", ".join(f"{sql} AS {_quoted(column)}" for column, sql in columns.items())
    return f"CREATE VIEW {name} AS SELECT {shown} FROM {source or f'{table.name} t'}"  # noqa: S608 - our own names


def _columns(table: Table) -> Iterator[tuple[str, str]]:
    """Yield the columns of a table that are no slots, and how each is shown."""
    for column in table.c:
        plain = f"t.{_quoted(column.name)}"
        if column is runs.c.cohort:
            yield column.name, _COHORT
        elif column in {runs.c.reason, runs.c.seconds}:
            yield column.name, f"iif({_TRIAL_TELLS}, trial.{column.name}, {plain})"
        elif isinstance(column.type, PackedInstant):
            yield column.name, instant_text(plain)
        elif column is not trials.c.room and not _is_slot(column.name):
            yield column.name, plain


def _is_slot(column: str) -> bool:
    return column[0] == "m" and column[1:].isdigit()


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
