"""Quotas of access keys in the storage: what counts against them, looked at in the transaction that makes it more."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy import Connection, Text, and_, bindparam, delete, func, insert, literal_column, select, union, update

from app.domain.errors import Forbidden
from app.domain.quotas import NO_QUOTAS, QUOTAS, Asked, Counted, Largest, Quotas, Usage, counted_open, require_within
from app.domain.states import TrialState
from app.domain.sweeps import SweepSpec
from app.storage.access_tables import access_keys, counted_sweeps
from app.storage.artifacts import size as artifact_size
from app.storage.dialect import larger
from app.storage.queries import Query
from app.storage.records import AnyRow
from app.storage.tables import artifacts, datasets, lineage, models, runs, sweeps, trials

MOST = tuple(access_keys.c[f"most_{kind}"] for kind in QUOTAS)
"""The columns of the quotas, in the order of their names."""

_COUNTED = counted_sweeps.c
_OWNER = bindparam("owner", type_=Text())

_KEY = Query(select(access_keys.c.name, *MOST).where(access_keys.c.id == _OWNER))
_OF_SWEEPS = Query(
    select(
        func.count().label("sweeps"),
        *(func.coalesce(func.sum(_COUNTED[name]), 0).label(name) for name in ("trials", "epochs", "bytes")),
    ).where(_COUNTED.owner == _OWNER)
)
_DELETED = access_keys.c.deleted_trials, access_keys.c.deleted_epochs
_OF_DELETED = Query(select(*_DELETED).where(access_keys.c.id == _OWNER))
_CONTENTS = union(
    select(datasets.c.artifact_key).where(datasets.c.owner == _OWNER),
    select(_COUNTED.content_key).where(_COUNTED.owner == _OWNER, _COUNTED.content_key.is_not(None)),
)
_OF_CONTENTS = Query(
    select(func.coalesce(func.sum(artifacts.c.size), 0).label("bytes")).where(artifacts.c.key.in_(_CONTENTS))
)


def quotas_of(row: AnyRow) -> Quotas:
    """Return the quotas that the row of a key has."""
    return Quotas(*(getattr(row, column.name) for column in MOST))


def usage(connection: Connection, owner: str) -> Usage:
    """Return what counts against the quotas of a key."""
    of_sweeps, deleted = _OF_SWEEPS.first(connection, owner=owner), _OF_DELETED.first(connection, owner=owner)
    before = (deleted.deleted_trials, deleted.deleted_epochs) if deleted else (0, 0)
    return Usage(
        of_sweeps.sweeps,
        of_sweeps.trials + before[0],
        of_sweeps.epochs + before[1],
        of_sweeps.bytes + _OF_CONTENTS.first(connection, owner=owner).bytes,
    )


def usages(connection: Connection, owners: Collection[str]) -> dict[str, Usage]:
    """Return what counts against the quotas of these keys, by their ids."""
    return {owner: usage(connection, owner) for owner in owners}


@contextmanager
def within(connection: Connection, owner: str) -> Iterator[None]:
    """Let something be made that counts against the quotas of a key; nobody's is never counted.

    Raises OverQuota, for the writer to take back what was made, if it goes beyond one of them.
    """
    row = _KEY.first(connection, owner=owner) if owner else None
    quotas = NO_QUOTAS if row is None else quotas_of(row)
    if row is None or quotas == NO_QUOTAS:
        yield
        return
    before = usage(connection, owner)
    yield
    require_within(row.name, quotas, before, usage(connection, owner))


def require_room(connection: Connection, owner: str, sha256: str, size: int) -> None:
    """Raise OverQuota if a key would store more than it may with these bytes.

    It is asked before they come; bytes that are here already count where they get another name.
    """
    row = _KEY.first(connection, owner=owner) if owner else None
    if row is not None and row.most_bytes is not None and artifact_size(connection, sha256) is None:
        before = usage(connection, owner)
        require_within(row.name, quotas_of(row), before, replace(before, bytes=before.bytes + size))


@contextmanager
def extending(connection: Connection, sweep: AnyRow, owner: str) -> Iterator[None]:
    """Let a key give a sweep more, within the quotas of the key that made it.

    One that has quotas may do so with its own sweeps alone, or it would use those of others. Raises Forbidden,
    OverQuota.
    """
    maker = connection.scalar(select(_COUNTED.owner).where(_COUNTED.sweep_key == sweep.key)) or ""
    asking = _KEY.first(connection, owner=owner) if owner else None
    if asking is not None and quotas_of(asking) != NO_QUOTAS and maker != owner:
        raise Forbidden(
            f'The access key "{asking.name}" has quotas, so it can give more only to sweeps that it made, and '
            f"{sweep.id} is none of them. Ask whoever made it, or start a sweep of your own from it, by refine."
        )
    with within(connection, maker):
        yield


def count(connection: Connection, sweep: int, spec: SweepSpec, asked: Asked) -> None:
    """Count a new sweep against the quotas of the key that made it; nobody's is not counted."""
    if not asked.owner:
        return
    content = select(sweeps.c.artifact_key).join(datasets, datasets.c.name == sweeps.c.dataset)
    mine = content.where(sweeps.c.key == sweep, datasets.c.owner == asked.owner)
    row = {"sweep_key": sweep, "owner": asked.owner, "content_key": connection.scalar(mine)}
    values = _values(counted_open(spec, asked.largest)) | _largest(asked.largest)
    connection.execute(insert(counted_sweeps).values(**row, **values))


def recount(connection: Connection, sweep: int, spec: SweepSpec, largest: Largest, confirmed: int) -> None:
    """Count a sweep that goes on with another budget or space; `confirmed` epochs went to earlier confirmations."""
    here = _COUNTED.sweep_key == sweep
    row = connection.execute(select(_COUNTED.largest_epochs, _COUNTED.largest_model_bytes).where(here)).first()
    if row is None:
        return
    largest = largest.or_larger(Largest(row.largest_epochs, row.largest_model_bytes))
    values = _values(counted_open(spec, largest, confirmed)) | _largest(largest)
    connection.execute(update(counted_sweeps).where(here).values(values))


def settle(connection: Connection, sweep: int) -> None:
    """Count a sweep that has ended with what it came to: trials that were not cancelled, and epochs trained."""
    here = _COUNTED.sweep_key == sweep
    if connection.scalar(select(_COUNTED.owner).where(here)) is not None:
        connection.execute(update(counted_sweeps).where(here).values(_values(_came_to(connection, sweep))))


def forget(connection: Connection, sweep: int) -> None:
    """Take away a sweep that is deleted; the trials and epochs that it used stay with its key."""
    gone = connection.execute(delete(counted_sweeps).where(_COUNTED.sweep_key == sweep).returning(counted_sweeps))
    for row in gone:
        used = {
            "deleted_trials": access_keys.c.deleted_trials + row.trials,
            "deleted_epochs": access_keys.c.deleted_epochs + row.epochs,
        }
        connection.execute(update(access_keys).where(access_keys.c.id == row.owner).values(used))


def _came_to(connection: Connection, sweep: int) -> Counted:
    used = select(func.count()).where(trials.c.sweep_key == sweep, trials.c.state != TrialState.CANCELLED.value)
    begins_after = func.coalesce(lineage.c.epoch, 0)
    goes_on = and_(lineage.c.sweep_key == runs.c.sweep_key, lineage.c.trial == runs.c.trial)
    own = func.sum(larger(runs.c.epochs - begins_after, literal_column("0")))
    trained = select(func.coalesce(own, 0)).select_from(runs).outerjoin(lineage, goes_on)
    kept = select(models.c.artifact_key).where(models.c.sweep_key == sweep)
    stored = select(func.coalesce(func.sum(artifacts.c.size), 0)).where(artifacts.c.key.in_(kept))
    return Counted(
        connection.execute(used).scalar_one(),
        connection.execute(trained.where(runs.c.sweep_key == sweep)).scalar_one(),
        connection.execute(stored).scalar_one(),
    )


def _values(counted: Counted) -> dict[str, int]:
    return {"trials": counted.trials, "epochs": counted.epochs, "bytes": counted.bytes}


def _largest(largest: Largest) -> dict[str, int]:
    return {"largest_epochs": largest.epochs, "largest_model_bytes": largest.model_bytes}
