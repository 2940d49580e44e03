"""The weights of the best trials of each sweep: the first k by (value, number), whoever arrives first."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from app.storage.tables import models, sweeps


@dataclass(frozen=True, slots=True)
class Candidate:
    """The weights of a finished trial, which may or may not be good enough to keep."""

    trial: int
    value: float
    weights: bytes
    made_with: Mapping[str, str]


def keep_best(connection: Connection, sweep: str, candidates: Collection[Candidate]) -> None:
    """Store those candidates that belong to the best `keep_models`, and remove what they push out."""
    limit = connection.execute(select(sweeps.c.keep_models).where(sweeps.c.id == sweep)).scalar_one()
    stored = connection.execute(select(models.c.value, models.c.trial).where(models.c.sweep_id == sweep)).all()
    ranks = [(row.value, row.trial) for row in stored] + [(one.value, one.trial) for one in candidates]
    best = {trial for _, trial in sorted(ranks)[:limit]}
    fallen = [row.trial for row in stored if row.trial not in best]
    if fallen:
        connection.execute(delete(models).where(models.c.sweep_id == sweep, models.c.trial.in_(fallen)))
    rows = [
        {"sweep_id": sweep, "trial": one.trial, "value": one.value, "weights": one.weights, "made_with": one.made_with}
        for one in candidates
        if one.trial in best
    ]
    if rows:
        connection.execute(insert(models), rows)


def keep_below(connection: Connection, ids: Collection[str]) -> dict[str, float]:
    """Return, for those of the sweeps that hold all the models they keep, the value of the worst one."""
    rows = connection.execute(
        select(sweeps.c.id, func.max(models.c.value).label("worst"))
        .join(models, models.c.sweep_id == sweeps.c.id)
        .where(sweeps.c.id.in_(list(ids)))
        .group_by(sweeps.c.id)
        .having(func.count() >= sweeps.c.keep_models)
    )
    return {row.id: row.worst for row in rows}
