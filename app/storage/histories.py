"""Histories in the storage: what a sweep knows of earlier ones, which may be deleted since."""

import json
from collections.abc import Sequence
from functools import lru_cache
from math import inf, isinf

from sqlalchemy import Connection, Text, insert, select, type_coerce

from app.domain.history import Copied, EarlierSweep
from app.storage.records import AnyRow
from app.storage.tables import histories

# As text: the same for each plan of a sweep, so that it is read once.
_POINTS = type_coerce(histories.c.points, Text()).label("points")


def store(connection: Connection, key: int, history: Sequence[Copied]) -> None:
    """Store what a new sweep knows of earlier ones, in their order."""
    rows = [
        {
            "sweep_key": key,
            "number": number,
            "source": one.earlier.sweep,
            "dataset_sha256": one.dataset_sha256,
            "points": list(zip(one.earlier.params, map(_finite, one.earlier.costs), strict=True)),
        }
        for number, one in enumerate(history)
    ]
    if rows:
        connection.execute(insert(histories), rows)


def of_sweep(connection: Connection, sweep: AnyRow) -> tuple[EarlierSweep, ...]:
    """Return what the sweep of a row knows of earlier ones."""
    mine = select(histories.c.source, histories.c.dataset_sha256, _POINTS).where(histories.c.sweep_key == sweep.key)
    return tuple(
        _earlier(row.source, row.dataset_sha256 is not None and row.dataset_sha256 == sweep.dataset_sha256, row.points)
        for row in connection.execute(mine.order_by(histories.c.number))
    )


@lru_cache(maxsize=32)
def _earlier(source: str, same_data: bool, points: str) -> EarlierSweep:
    read = json.loads(points)
    costs = [inf if cost is None else cost for _, cost in read]
    return EarlierSweep(source, same_data, [params for params, _ in read], costs)


def _finite(cost: float) -> float | None:
    """Return a cost as JSON has it: null stands for the worst."""
    return None if isinf(cost) else cost
