"""Quotas of access keys in the storage: what counts against them, looked at in the transaction that makes it more."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    union,
    update,
)

from app.domain.errors import Forbidden
from app.domain.quotas import (
    NO_QUOTAS,
    OF_UPLOADS,
    QUOTAS,
    Asked,
    Counted,
    Largest,
    Quotas,
    Usage,
    counted_open,
    require_within,
)
from app.domain.states import TrialState
from app.domain.sweeps import SweepSpec
from app.storage.access_tables import access_keys, counted_sweeps
from app.storage.artifacts import size as artifact_size
from app.storage.dialect import among, larger
from app.storage.queries import Query
from app.storage.records import AnyRow
from app.storage.tables import artifacts, datasets, lineage, models, runs, sweeps, trials

MOST = tuple(access_keys.c[f"most_{kind}"] for kind in QUOTAS)
"""The columns of the quotas, in the order of their names."""

_COUNTED = counted_sweeps.c
_OWNER = bindparam("owner", type_=Text())

_LOW = 32
"""The bits of the lower halves, which sums are made of: as a whole they may be more than a database's numbers hold."""


def _halves(column: ColumnElement[Any], name: str) -> list[ColumnElement[Any]]:
    """Return the sums of the upper and of the lower bits of a column, which is not negative, for `_whole`."""
    high, low = column.bitwise_rshift(_LOW), column.bitwise_and((1 << _LOW) - 1)
    return [func.sum(high).label(f"{name}_high"), func.sum(low).label(f"{name}_low")]


def _whole(row: Any, name: str) -> int:
    """Return the sum of a column from those of its halves; the sum of no rows is 0."""
    return (int(getattr(row, f"{name}_high") or 0) << _LOW) + int(getattr(row, f"{name}_low") or 0)


_SELECT_KEY = select(access_keys.c.name, *MOST).where(access_keys.c.id == _OWNER)
_KEY = Query(_SELECT_KEY)
# Where a database has several writers, what is used stays as it was read until the transaction ends.
_LOCKED_KEY = Query(_SELECT_KEY.with_for_update())
_OF_SWEEPS = Query(
    select(
        *(_COUNTED.owner, func.count().label("sweeps")),
        *(half for name in ("trials", "epochs", "bytes") for half in _halves(_COUNTED[name], name)),
    )
    .where(among(_COUNTED.owner, "owners"))
    .group_by(_COUNTED.owner)
)
_OF_SWEEP = Query(
    select(_COUNTED.owner, _COUNTED.trials, _COUNTED.epochs, _COUNTED.bytes).where(
        _COUNTED.sweep_key == bindparam("sweep")
    )
)
_OF_DELETED = Query(
    select(access_keys.c.id.label("owner"), access_keys.c.deleted_trials, access_keys.c.deleted_epochs).where(
        among(access_keys.c.id, "owners")
    )
)
_CONTENTS = union(
    select(datasets.c.owner, datasets.c.artifact_key.label("content")).where(among(datasets.c.owner, "owners")),
    select(_COUNTED.owner, _COUNTED.content_key).where(
        among(_COUNTED.owner, "owners"), _COUNTED.content_key.is_not(None)
    ),
).subquery()
_OF_CONTENTS = Query(
    select(_CONTENTS.c.owner, func.sum(artifacts.c.size).label("bytes"))
    .join(artifacts, artifacts.c.key == _CONTENTS.c.content)
    .group_by(_CONTENTS.c.owner)
)


def quotas_of(row: AnyRow) -> Quotas:
    """Return the quotas that the row of a key has."""
    return Quotas(*(getattr(row, column.name) for column in MOST))


def usage(connection: Connection, owner: str) -> Usage:
    """Return what counts against the quotas of a key."""
    return usages(connection, [owner])[owner]


def usages(connection: Connection, owners: Collection[str]) -> dict[str, Usage]:
    """Return what counts against the quotas of these keys, by their ids."""
    of_sweeps, deleted, contents = (
        {row.owner: row for row in query.rows(connection, owners=list(owners))}
        for query in (_OF_SWEEPS, _OF_DELETED, _OF_CONTENTS)
    )
    return {owner: _usage(of_sweeps.get(owner), deleted.get(owner), contents.get(owner)) for owner in owners}


def _usage(of_sweeps: Any, deleted: Any, contents: Any) -> Usage:
    """Return the usage that these rows of a key come to, of which each may be missing."""
    sweeps_here, trials_used, epochs_used, stored = 0, 0, 0, 0
    if of_sweeps is not None:
        sweeps_here = of_sweeps.sweeps
        trials_used, epochs_used, stored = (_whole(of_sweeps, name) for name in ("trials", "epochs", "bytes"))
    if deleted is not None:
        trials_used, epochs_used = trials_used + deleted.deleted_trials, epochs_used + deleted.deleted_epochs
    return Usage(sweeps_here, trials_used, epochs_used, stored + (int(contents.bytes) if contents else 0))


@contextmanager
def within(
    connection: Connection, owner: str, place: str | None = None, ways: Mapping[str, str] = MappingProxyType({})
) -> Iterator[None]:
    """Let something be made that counts against the quotas of a key; nobody's is never counted.

    Raises OverQuota, for the writer to take back what was made, if it goes beyond one of them; `place` points to where
    the request asks for it, if that is not in a budget, and `ways` are ways out other than those of a sweep.
    """
    row = _LOCKED_KEY.first(connection, owner=owner) if owner else None
    quotas = NO_QUOTAS if row is None else quotas_of(row)
    if row is None or quotas == NO_QUOTAS:
        yield
        return
    before = usage(connection, owner)
    yield
    require_within(row.name, quotas, before, usage(connection, owner), place, ways)


def require_room(connection: Connection, owner: str, sha256: str, size: int) -> None:
    """Raise OverQuota if a key would store more than it may with these bytes.

    It is asked before they come; bytes that are here already count where they get another name.
    """
    row = _KEY.first(connection, owner=owner) if owner else None
    if row is not None and row.most_bytes is not None and artifact_size(connection, sha256) is None:
        before = usage(connection, owner)
        after = replace(before, bytes=before.bytes + size)
        require_within(row.name, quotas_of(row), before, after, ways=OF_UPLOADS)


@contextmanager
def extending(connection: Connection, sweep: AnyRow, asked: Asked, *, more: bool = True) -> Iterator[None]:
    """Let a key change a sweep, within the quotas of the key that made it.

    One that has quotas may give `more`, or what counts as more, to its own sweeps alone, or it would use the quotas of
    others. Raises Forbidden, OverQuota.
    """
    before = _OF_SWEEP.first(connection, sweep=sweep.key)
    maker = before.owner if before else ""
    if more:
        _require_own(connection, sweep, maker, asked.owner)
    with within(connection, maker, asked.place):
        yield
        if before and _counted(_OF_SWEEP.first(connection, sweep=sweep.key)).is_more_than(_counted(before)):
            _require_own(connection, sweep, maker, asked.owner)


def _require_own(connection: Connection, sweep: AnyRow, maker: str, owner: str) -> None:
    asking = _KEY.first(connection, owner=owner) if owner else None
    if asking is not None and quotas_of(asking) != NO_QUOTAS and maker != owner:
        raise Forbidden(
            f'The access key "{asking.name}" has quotas, so it can give more only to sweeps that it made, and of '
            f"{sweep.id} it is not known to be the maker: another key made it, or it was made without a key, or before "
            "quotas were. Have a key without quotas give it more, or start a sweep of your own from it, by refine."
        )


def count(connection: Connection, sweep: int, spec: SweepSpec, asked: Asked) -> None:
    """Count a new sweep against the quotas of the key that made it; nobody's is not counted. Raises OverQuota."""
    if not asked.owner:
        return
    counted = counted_open(spec, asked.largest)
    row = _LOCKED_KEY.first(connection, owner=asked.owner)
    if row is not None and quotas_of(row) != NO_QUOTAS:
        before = usage(connection, asked.owner)
        require_within(row.name, quotas_of(row), before, before.and_sweep(counted), asked.place)
    values = _values(counted) | _largest(asked.largest)
    connection.execute(insert(counted_sweeps).values(sweep_key=sweep, owner=asked.owner, **values))


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
    """Count a sweep that has ended with what it came to: trials begun or not cancelled, and epochs trained."""
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


def keep_content(connection: Connection, artifact: int) -> None:
    """Count a content that no data set has any more for the keys that made the sweeps that it stays for."""
    if connection.scalar(select(datasets.c.name).where(datasets.c.artifact_key == artifact).limit(1)) is None:
        of_sweeps = _COUNTED.sweep_key.in_(select(sweeps.c.key).where(sweeps.c.artifact_key == artifact))
        connection.execute(update(counted_sweeps).where(of_sweeps).values(content_key=artifact))


def _came_to(connection: Connection, sweep: int) -> Counted:
    kept = select(models.c.artifact_key).where(models.c.sweep_key == sweep)
    stored = select(func.coalesce(func.sum(artifacts.c.size), 0)).where(artifacts.c.key.in_(kept))
    return Counted.of(
        _trials_used(connection, sweep),
        _epochs_trained(connection, sweep),
        int(connection.execute(stored).scalar_one()),
    )


def _trials_used(connection: Connection, sweep: int) -> int:
    """Return how many trials were begun or not cancelled, in two counts: the larger one needs nothing but an index."""
    count, cancelled = select(func.count()).where(trials.c.sweep_key == sweep), TrialState.CANCELLED.value
    others = count.where(trials.c.state != cancelled)
    # Found by an index, which SQLite would not look into for the rows themselves: they would all be read.
    numbers = select(trials.c.number).where(trials.c.sweep_key == sweep, trials.c.state == cancelled)
    begun = count.where(trials.c.number.in_(numbers), trials.c.started_at.is_not(None))
    return connection.execute(others).scalar_one() + connection.execute(begun).scalar_one()


def _epochs_trained(connection: Connection, sweep: int) -> int:
    """Return the epochs of all runs, without those that heirs began with; most sweeps have none of these."""
    goes_on = and_(lineage.c.sweep_key == runs.c.sweep_key, lineage.c.trial == runs.c.trial)
    own = larger(runs.c.epochs - func.coalesce(lineage.c.epoch, 0), literal_column("0"))
    trained = select(func.coalesce(func.sum(runs.c.epochs), 0))
    if connection.execute(select(lineage.c.trial).where(lineage.c.sweep_key == sweep).limit(1)).first():
        trained = select(func.coalesce(func.sum(own), 0)).select_from(runs).outerjoin(lineage, goes_on)
    return int(connection.execute(trained.where(runs.c.sweep_key == sweep)).scalar_one())


def _counted(row: Any) -> Counted:
    return Counted(row.trials, row.epochs, row.bytes)


def _values(counted: Counted) -> dict[str, int]:
    return {"trials": counted.trials, "epochs": counted.epochs, "bytes": counted.bytes}


def _largest(largest: Largest) -> dict[str, int]:
    return {"largest_epochs": largest.epochs, "largest_model_bytes": largest.model_bytes}
