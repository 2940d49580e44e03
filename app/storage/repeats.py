"""Requests that count once in the storage: their keys are written down in the transaction of what they make."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, insert, select

from app.domain.errors import Fault, InvalidRequest, pointer, show
from app.domain.repeats import KEPT_SECONDS, Made, Once
from app.storage.access_tables import idempotency_keys as keys
from app.storage.queries import Query

_KNOWN = Query(
    select(keys.c.request_sha256, keys.c.made, keys.c.first).where(
        keys.c.owner == bindparam("owner"), keys.c.key == bindparam("key")
    )
)


def made(connection: Connection, once: Once) -> Made | None:
    """Return what a request with this key made before. Raises InvalidRequest if it asked for something else."""
    row = _KNOWN.first(connection, owner=once.owner, key=once.key)
    if row is None:
        return None
    if row.request_sha256 != once.request_sha256:
        told = f"The Idempotency-Key {show(once.key)} came with another request before"
        rule = "a key stands for one request. Send this one with a key of its own."
        raise InvalidRequest([Fault(pointer("Idempotency-Key"), f"{told}, and {rule}")])
    return Made(row.made, row.first)


def once_only(connection: Connection, once: Once | None, now: datetime, make: Callable[[], Made]) -> Made:
    """Return what `make` makes, or what the same request made before. Raises InvalidRequest."""
    if once is None:
        return make()
    if (before := made(connection, once)) is not None:
        return before
    result = make()
    row = {"owner": once.owner, "key": once.key, "request_sha256": once.request_sha256, "made_at": now}
    connection.execute(insert(keys).values(**row, made=result.id, first=result.first))
    return result


def note(connection: Connection, once: Once, sweep: str, now: datetime) -> None:
    """Note that a request is answered with a sweep that was there. Raises InvalidRequest as above."""
    once_only(connection, once, now, lambda: Made(sweep))


def forget(connection: Connection, now: datetime) -> None:
    """Forget the keys of requests that nobody repeats any more."""
    connection.execute(delete(keys).where(keys.c.made_at < now - timedelta(seconds=KEPT_SECONDS)))
