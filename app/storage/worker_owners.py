"""Whose each worker is in the storage: the access key that it claims with."""

from sqlalchemy import Connection, bindparam, delete, select

from app.storage.access_tables import worker_owners
from app.storage.dialect import upsert
from app.storage.moves import RUNNING
from app.storage.queries import Query
from app.storage.tables import runs

_OWNER = Query(select(worker_owners.c.key_id).where(worker_owners.c.worker == bindparam("worker")))


def every(connection: Connection) -> dict[str, str]:
    """Return the id of the key of each worker that has one, by their names."""
    return {row.worker: row.key_id for row in connection.execute(select(worker_owners))}


def own(connection: Connection, worker: str, key: str) -> None:
    """Write down whose a worker is that gets a lease, unless that is known; one without a key is nobody's."""
    before = _OWNER.first(connection, worker=worker)
    if key and (before is None or before.key_id != key):
        connection.execute(upsert(worker_owners), {"worker": worker, "key_id": key})
    elif before is not None and not key:
        connection.execute(delete(worker_owners).where(worker_owners.c.worker == worker))


def forget_idle(connection: Connection) -> None:
    """Forget whose those workers are that hold nothing: what is stored tells, after a restart, whose leases are."""
    holding = select(runs.c.worker).where(RUNNING)
    connection.execute(delete(worker_owners).where(worker_owners.c.worker.not_in(holding)))
