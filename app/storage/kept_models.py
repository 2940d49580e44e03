"""The models of the best trials of each sweep: which are stored, and which weights need no longer be sent."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select

from app.domain.objectives import Direction, cost
from app.domain.policy import Policy
from app.domain.queue import RankedModel
from app.domain.states import TrialState
from app.domain.work import Keep
from app.storage import artifacts
from app.storage.dialect import among
from app.storage.queries import Query
from app.storage.records import AnyRow
from app.storage.tables import models, sweeps, trials

Place = tuple[int, int]
"""The key of a sweep and the number of one of its trials."""


@dataclass(frozen=True, slots=True)
class NewModel:
    """The weights that a result handed in, with the value of its run."""

    value: float | None
    artifact_key: int
    made_with: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of trials that may have models.

    `new` are models that results handed in, `outdated` the places whose stored model is of another best epoch, `final`
    the values of the trials that are final now; one without a value keeps no model.
    """

    new: Mapping[Place, NewModel] = field(default_factory=dict)
    outdated: Collection[Place] = ()
    final: Mapping[Place, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Model:
    cost: float | None
    settled: bool
    artifact_key: int
    made_with: Mapping[str, str]


NOTHING = Changes()

_BY_SWEEP = Query(
    select(
        *(sweeps.c.key, sweeps.c.id, sweeps.c.direction, sweeps.c.keep_models, sweeps.c.pool, sweeps.c.replicates),
        *(models.c.trial, models.c.cost, models.c.settled, models.c.artifact_key, models.c.made_with),
    )
    .outerjoin(models, models.c.sweep_key == sweeps.c.key)
    .where(among(sweeps.c.key, "keys"))
    .order_by(sweeps.c.key, models.c.trial)
)
"""Of each sweep at least one row, in which `trial` is None if it has no model."""

_STATES = Query(
    select(trials.c.number, trials.c.state, trials.c.confirmed).where(
        trials.c.sweep_key == bindparam("sweep"), among(trials.c.number, "numbers")
    )
)


def rank(connection: Connection, policy: Policy, keys: Collection[int], changes: Changes = NOTHING) -> dict[str, Keep]:
    """Make the changes in these sweeps and remove what falls out; return by their ids whose weights are wanted."""
    keep: dict[str, Keep] = {}
    before: dict[Place, _Model] = {}
    after: dict[Place, _Model] = {}
    new: dict[int, list[Place]] = {}
    for place in changes.new:
        new.setdefault(place[0], []).append(place)
    for rows in _by_sweep(connection, keys):
        sweep = rows[0]
        stored = {(sweep.key, row.trial): _model(row) for row in rows if row.trial is not None}
        changed = _changed(stored, new.get(sweep.key, ()), changes, sweep.direction)
        states = _states(connection, sweep.key, changed)
        ranked = [
            RankedModel(trial, model.cost, model.settled, *states[trial]) for (_, trial), model in changed.items()
        ]
        places = max(sweep.keep_models, sweep.pool)
        ranking = policy.ranking(ranked, places)
        fallen = set(ranking.fallen)
        keep[sweep.id] = Keep(places, ranking.last, ranking.last_paused, sweep.replicates)
        before |= stored
        after |= {place: model for place, model in changed.items() if place[1] not in fallen}
    _store(connection, before, after)
    brought = {model.artifact_key for model in changes.new.values()}
    _forget(connection, (brought | _named(before)) - _named(after))
    return keep


def _by_sweep(connection: Connection, keys: Collection[int]) -> Iterable[list[AnyRow]]:
    """Return the rows of each sweep, at least one; `trial` is None where it has no model."""
    groups: dict[int, list[AnyRow]] = {}
    for row in _BY_SWEEP.rows(connection, keys=list(keys)):
        groups.setdefault(row.key, []).append(row)
    return groups.values()


def _states(connection: Connection, sweep: int, places: Iterable[Place]) -> dict[int, tuple[TrialState, bool]]:
    """Return the state of each trial, and whether it was confirmed."""
    rows = _STATES.rows(connection, sweep=sweep, numbers=[trial for _, trial in places])
    return {row.number: (TrialState(row.state), bool(row.confirmed)) for row in rows}


def _model(row: AnyRow) -> _Model:
    return _Model(row.cost, bool(row.settled), row.artifact_key, row.made_with)


def _changed(
    stored: Mapping[Place, _Model], new: Iterable[Place], changes: Changes, direction: Direction
) -> dict[Place, _Model]:
    models_now = {place: model for place, model in stored.items() if place not in changes.outdated}
    for place in new:
        one = changes.new[place]
        models_now[place] = _Model(cost(one.value, direction), False, one.artifact_key, one.made_with)
    for place in [place for place in models_now if place in changes.final]:
        value, model = changes.final[place], models_now.pop(place)
        if value is not None:
            models_now[place] = _Model(cost(value, direction), True, model.artifact_key, model.made_with)
    return models_now


def _store(connection: Connection, before: Mapping[Place, _Model], after: Mapping[Place, _Model]) -> None:
    """Write the difference."""
    gone = [place for place, model in before.items() if after.get(place) != model]
    if gone:
        here = models.c.sweep_key == bindparam("the_sweep"), models.c.trial == bindparam("the_trial")
        keys = [{"the_sweep": sweep, "the_trial": trial} for sweep, trial in gone]
        connection.execute(delete(models).where(*here), keys)
    added = [_row(place, model) for place, model in after.items() if before.get(place) != model]
    if added:
        connection.execute(insert(models), added)


def _named(stored: Mapping[Place, _Model]) -> set[int]:
    return {model.artifact_key for model in stored.values()}


def _forget(connection: Connection, keys: Collection[int]) -> None:
    if keys:
        artifacts.forget_unnamed(connection, keys)


def _row(place: Place, model: _Model) -> dict[str, Any]:
    return {
        "sweep_key": place[0],
        "trial": place[1],
        "cost": model.cost,
        "settled": int(model.settled),
        "artifact_key": model.artifact_key,
        "made_with": model.made_with,
    }
