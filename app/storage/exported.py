"""What exports read: the epochs of many runs in pages, each on a snapshot of its own."""

from collections.abc import Collection

from sqlalchemy import Connection, select, tuple_

from app.domain.runs import RunPlace
from app.domain.work import Epoch
from app.storage import metrics, records
from app.storage.sweep_rows import sweep_key
from app.storage.tables import epochs, runs


def run_places(connection: Connection, sweep: str, after: tuple[int, int], limit: int) -> list[RunPlace]:
    """Return up to `limit` runs with epochs, by trial and replicate, from the first one after `after`."""
    columns = (runs.c.key, runs.c.trial, runs.c.replicate, runs.c.epochs)
    where = (runs.c.sweep_key == sweep_key(connection, sweep), tuple_(runs.c.trial, runs.c.replicate) > tuple_(*after))
    rows = select(*columns).where(*where).order_by(runs.c.trial, runs.c.replicate).limit(limit)
    return [RunPlace(*row) for row in connection.execute(rows)]


def epochs_of_runs(connection: Connection, keys: Collection[int]) -> dict[int, list[Epoch]]:
    """Return all epochs of these runs, by their keys; at most some thousand in all should be asked for."""
    slots = metrics.slots(connection, "epochs")
    rows = select(epochs).where(epochs.c.run_key.in_(keys)).order_by(epochs.c.run_key, epochs.c.epoch)
    found: dict[int, list[Epoch]] = {key: [] for key in keys}
    for row in connection.execute(rows):
        found[row.run_key].append(records.epoch(row, slots))
    return found
