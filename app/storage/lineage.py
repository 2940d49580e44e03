"""Lineage: which trials go on from others, and what they take over from them."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, and_, bindparam, insert, select

from app.domain.plan import Drawn
from app.domain.trials import Ancestor
from app.domain.work import CheckpointRef
from app.storage.bulk import Bulk
from app.storage.dialect import among
from app.storage.queries import Query
from app.storage.records import AnyRow
from app.storage.sweep_rows import sweep_key
from app.storage.tables import lineage, runs, trials

Place = tuple[int, int]
"""A run of a sweep: the number of its trial, and of its replicate."""

_ADD = Bulk(insert(lineage))

_MINE = lineage.c.sweep_key == bindparam("sweep"), among(lineage.c.trial, "numbers")
_BEGINNINGS = Query(select(lineage.c.trial, lineage.c.epoch).where(*_MINE))
_OLDER = lineage.alias("older")
_STEP = (lineage.c.sweep_key, lineage.c.trial, lineage.c.parent, lineage.c.epoch)
# The key of the sweep goes with the line: what joins it is found by both, where a sweep's key alone would have all
# trials of the sweep looked through for each page and each claim.
_FIRST = select(*_STEP).where(*_MINE).cte("line", recursive=True)
_LINE = _FIRST.union_all(
    select(_FIRST.c.sweep_key, _FIRST.c.trial, _OLDER.c.parent, _OLDER.c.epoch).where(
        _OLDER.c.sweep_key == _FIRST.c.sweep_key, _OLDER.c.trial == _FIRST.c.parent
    )
)
_ANCESTORS = Query(
    select(_LINE.c.trial, _LINE.c.parent, _LINE.c.epoch, trials.c.params)
    .join(trials, and_(trials.c.sweep_key == _LINE.c.sweep_key, trials.c.number == _LINE.c.parent))
    .order_by(_LINE.c.trial, _LINE.c.epoch)
)
_HOLDERS = Query(
    select(runs.c.trial, runs.c.replicate, runs.c.worker).where(
        runs.c.sweep_key == bindparam("sweep"), among(runs.c.trial, "numbers")
    )
)
_CHECKPOINTS = Query(
    select(_LINE.c.trial, runs.c.replicate, runs.c.checkpoint_epoch, runs.c.checkpoint_sha256, runs.c.checkpoint_size)
    .join(runs, and_(runs.c.sweep_key == _LINE.c.sweep_key, runs.c.trial == _LINE.c.parent))
    .where(runs.c.checkpoint_epoch <= _LINE.c.epoch)
    .order_by(runs.c.checkpoint_epoch)
)


def add(connection: Connection, key: int, drawn: Sequence[Drawn]) -> None:
    """Write down from which trials these go on, as far as they do."""
    rows = [
        {"sweep_key": key, "trial": one.number, "parent": one.inherits.parent, "epoch": one.inherits.epoch}
        for one in drawn
        if one.inherits is not None
    ]
    _ADD.run(connection, rows)


def holders(connection: Connection, key: int, drawn: Sequence[Drawn]) -> dict[Place, str | None]:
    """Return who may have in memory what trials begin with: who trained their parents' runs last."""
    parents = {one.number: one.inherits.parent for one in drawn if one.inherits is not None}
    if not parents:
        return {}
    rows = _HOLDERS.rows(connection, sweep=key, numbers=list(set(parents.values())))
    return {
        (number, row.replicate): row.worker for number, parent in parents.items() for row in rows if row.trial == parent
    }


def begin_after(connection: Connection, key: int, numbers: Collection[int]) -> dict[int, int]:
    """Return the epochs after which those of these trials begin that go on from others."""
    return {row.trial: row.epoch for row in _BEGINNINGS.rows(connection, sweep=key, numbers=list(numbers))}


def ancestors(connection: Connection, key: int, numbers: Collection[int]) -> dict[int, list[Ancestor]]:
    """Return the ancestors of trials, the first one first, by their numbers; most have none."""
    found: dict[int, list[Ancestor]] = {}
    for row in _ANCESTORS.rows(connection, sweep=key, numbers=list(numbers)):
        found.setdefault(row.trial, []).append(_ancestor(row))
    return found


def checkpoints(connection: Connection, key: int, numbers: Collection[int]) -> dict[Place, CheckpointRef]:
    """Return the furthest checkpoints of what trials begin with, or of the way there, that their ancestors have."""
    rows = _CHECKPOINTS.rows(connection, sweep=key, numbers=list(numbers))
    return {
        (row.trial, row.replicate): CheckpointRef(row.checkpoint_epoch, row.checkpoint_sha256, row.checkpoint_size)
        for row in rows
    }


def of_sweep(connection: Connection, sweep: str, numbers: Collection[int]) -> dict[int, list[Ancestor]]:
    """Return the ancestors of trials of the sweep with this id. Raises NotFound."""
    return ancestors(connection, sweep_key(connection, sweep), numbers)


def _ancestor(row: AnyRow) -> Ancestor:
    return Ancestor(row.parent, row.params, row.epoch)
