"""Whose each worker is in the storage: the access key that it claims with."""

from sqlalchemy import Connection, delete, select

from app.storage.access_tables import worker_owners
from app.storage.dialect import upsert
from app.storage.moves import RUNNING
from app.storage.tables import runs


def every(connection: Connection) -> dict[str, str]:
    """Return the id of the key of each worker that has one, by their names."""
    return {row.worker: row.key_id for row in connection.execute(select(worker_owners))}


def own(connection: Connection, worker: str, key: str) -> None:
    """Write down whose a worker is."""
    connection.execute(upsert(worker_owners), {"worker": worker, "key_id": key})


def forget_idle(connection: Connection) -> None:
    """Forget whose those workers are that hold nothing: after a start of the server, when none is known to live."""
    holding = select(runs.c.worker).where(RUNNING)
    connection.execute(delete(worker_owners).where(worker_owners.c.worker.not_in(holding)))
