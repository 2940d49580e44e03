"""Deletion of sweeps: out of sight at once, and then their rows in pieces, each a short job of the writer."""

from collections.abc import Sequence

from sqlalchemy import Connection, Table, delete, select, tuple_, update

from app.domain.errors import Conflict
from app.storage import artifacts, changes, quotas
from app.storage.sweep_rows import OPEN_SWEEPS, sweep_row
from app.storage.tables import (
    attempts,
    cohorts,
    decisions,
    ensembles,
    epochs,
    histories,
    lineage,
    models,
    replicate_metrics,
    rung_values,
    runs,
    sweep_counts,
    sweeps,
    trials,
)

ROWS, EPOCHS = 1000, 10_000
"""How many runs, trials or decisions, and how many epochs, go in one job of the writer."""


def begin(connection: Connection, sweep: str) -> None:
    """Put an ended sweep out of sight. Raises NotFound; Conflict unless it has ended."""
    row = sweep_row(connection, sweep)
    if row.state in OPEN_SWEEPS:
        raise Conflict(f"The sweep {sweep} is {row.state} and cannot be deleted before it has ended: cancel it first.")
    connection.execute(update(sweeps).where(sweeps.c.key == row.key).values(deleted=1))
    quotas.forget(connection, row.key)
    changes.of(connection).sweep_deleted(row.key, row.id)


def go_on(connection: Connection) -> bool:
    """Delete a piece of a sweep that is out of sight; False if there is none."""
    key = connection.execute(select(sweeps.c.key).where(sweeps.c.deleted == 1).limit(1)).scalar()
    if key is None:
        return False
    return (
        _models(connection, key)
        or _runs(connection, key)
        or _rows(connection, decisions, key)
        or _lineage(connection, key)
        or _rows(connection, trials, key)
        or _rows(connection, cohorts, key)
        or _sweep(connection, key)
    )


def _runs(connection: Connection, key: int) -> bool:
    """Delete some epochs of the first runs, or those runs if they have none left; False if there are no runs."""
    some = select(runs.c.key).where(runs.c.sweep_key == key).order_by(runs.c.trial, runs.c.replicate).limit(ROWS)
    keys = list(connection.execute(some).scalars())
    if not keys:
        return False
    if not _epochs(connection, keys):
        for table in (attempts, replicate_metrics, rung_values):
            connection.execute(delete(table).where(table.c.run_key.in_(keys)))
        connection.execute(delete(runs).where(runs.c.key.in_(keys)))
    return True


def _epochs(connection: Connection, keys: Sequence[int]) -> bool:
    """Delete a piece of the epochs of these runs; False if there are none."""
    place = tuple_(epochs.c.run_key, epochs.c.epoch)
    some = select(epochs.c.run_key, epochs.c.epoch).where(epochs.c.run_key.in_(keys)).limit(EPOCHS)
    return connection.execute(delete(epochs).where(place.in_(some))).rowcount > 0


def _rows(connection: Connection, table: Table, key: int) -> bool:
    """Delete a piece of the rows that are numbered within the sweep; False if there are none."""
    mine = table.c.sweep_key == key
    numbers = select(table.c.number).where(mine).order_by(table.c.number).limit(ROWS)
    return connection.execute(delete(table).where(mine, table.c.number.in_(numbers))).rowcount > 0


def _lineage(connection: Connection, key: int) -> bool:
    """Delete a piece of what tells which trials go on from others; False if there is none."""
    mine = lineage.c.sweep_key == key
    some = select(lineage.c.trial).where(mine).order_by(lineage.c.trial).limit(ROWS)
    return connection.execute(delete(lineage).where(mine, lineage.c.trial.in_(some))).rowcount > 0


def _models(connection: Connection, key: int) -> bool:
    """Delete the kept models, of which there are few; False if there are none."""
    gone = connection.execute(delete(models).where(models.c.sweep_key == key).returning(models.c.artifact_key))
    weights = set(gone.scalars())
    artifacts.forget_unnamed(connection, weights)
    return bool(weights)


def _sweep(connection: Connection, key: int) -> bool:
    connection.execute(delete(histories).where(histories.c.sweep_key == key))
    connection.execute(delete(ensembles).where(ensembles.c.sweep_key == key))
    connection.execute(delete(sweep_counts).where(sweep_counts.c.sweep_key == key))
    content = connection.execute(
        delete(sweeps).where(sweeps.c.key == key).returning(sweeps.c.artifact_key)
    ).scalar_one()
    artifacts.forget_unnamed(connection, [content])
    return True
