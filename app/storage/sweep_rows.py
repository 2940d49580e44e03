"""Sweeps in the storage: created, read with their counts and best trial, and listed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, bindparam, case, func, insert, select, type_coerce

from app.domain.datasets import DatasetSummary
from app.domain.errors import Conflict, NotFound
from app.domain.quotas import NOBODY, Asked
from app.domain.repeats import Made, Once
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Labels, NewSweep, Sweep, SweepFilter, SweepSpec, Used
from app.domain.work import OWN_TRAINER
from app.storage import changes, counts, histories, quotas, records, repeats, views
from app.storage.dialect import among, json_has
from app.storage.moves import QUEUED
from app.storage.queries import Query
from app.storage.records import AnyRow
from app.storage.tables import datasets, runs, sweep_counts, sweeps

OPEN_SWEEPS = (SweepState.RUNNING.value, SweepState.PAUSED.value)
"""The states of sweeps that have not ended."""

PRESENT = sweeps.c.deleted == 0
"""Of a sweep that nobody deleted; rows of one that was deleted go away in pieces."""

# As texts: records are made of each text once.
SPEC_TEXT, _DATASET = (
    type_coerce(column, Text()).label(column.name) for column in (sweeps.c.spec, sweeps.c.dataset_summary)
)
_SHOWN = (*(column for column in sweeps.c if column not in {sweeps.c.spec, sweeps.c.dataset_summary}), SPEC_TEXT)

# Of our own sweeps nobody asks for the spec here.
_FOREIGN = Query(
    select(runs.c.key, case((sweeps.c.trainer != OWN_TRAINER, type_coerce(sweeps.c.spec, Text()))).label("spec"))
    .join(sweeps, sweeps.c.key == runs.c.sweep_key)
    .where(among(runs.c.key, "keys"))
)

_IDLE = Query(
    select(sweeps.c.id).where(
        among(sweeps.c.key, "keys"), ~select(runs.c.key).where(runs.c.sweep_key == sweeps.c.key, QUEUED).exists()
    )
)

_BEHIND_ALL = chr(0x10FFFF)
"""A text that is greater than every id."""

_LISTED = (
    select(*_SHOWN)
    .where(PRESENT, sweeps.c.id < bindparam("before"))
    .order_by(sweeps.c.id.desc())
    .limit(bindparam("limit"))
)
_FITTING: Mapping[str, ColumnElement[bool]] = {
    "name": func.lower(sweeps.c.name).contains(bindparam("name"), escape="/"),
    "state": sweeps.c.state == bindparam("state"),
    "tag": json_has(sweeps.c.tags, "tag"),
    "dataset": sweeps.c.dataset == bindparam("dataset"),
}
"""What sweeps have to fit, by the parts of a filter, which are the names of their parameters too."""


def sweep_row(connection: Connection, sweep: str, *columns: ColumnElement[Any]) -> AnyRow:
    """Return the row of a sweep, or these columns of it. Raises NotFound."""
    row: AnyRow | None = _by_id(columns or tuple(sweeps.c)).first(connection, id=sweep)
    if row is None:
        raise NotFound(f'There is no sweep "{sweep}". GET /v1/sweeps lists them.')
    return row


@cache
def _by_id(columns: tuple[ColumnElement[Any], ...]) -> Query:
    return Query(select(*columns).where(sweeps.c.id == bindparam("id"), PRESENT))


def sweep_key(connection: Connection, sweep: str) -> int:
    """Return the key that the rows of a sweep have in common, for its id. Raises NotFound."""
    key: int = sweep_row(connection, sweep, sweeps.c.key).key
    return key


def create(
    connection: Connection, sweep: str, new: NewSweep, now: datetime, once: Once | None = None, asked: Asked = NOBODY
) -> str:
    """Store a running sweep without trials, and return its id: that of an earlier one which the same request made.

    Raises Conflict if its data set has gone meanwhile, InvalidRequest if another request had the key, OverQuota.
    """

    def make() -> Made:
        quotas.count(connection, _add(connection, sweep, new, now), new.spec, asked)
        return Made(sweep)

    return repeats.once_only(connection, once, now, make).id


def _add(connection: Connection, sweep: str, new: NewSweep, now: datetime) -> int:
    """Store a sweep; return its key."""
    data = {} if new.dataset is None else _data(connection, new.dataset)
    row = {**_asked(new.spec, new.labels), **data, **_BEGINNING}
    metrics = [{"name": name, "direction": direction} for name, direction in new.metrics.items()]
    added = insert(sweeps).values(**row, metrics=metrics, id=sweep, posted=new.posted, created_at=now)
    key: int = connection.execute(added.returning(sweeps.c.key)).scalar_one()
    connection.execute(insert(sweep_counts).values(sweep_key=key))
    views.take_parameters(connection, [*new.spec.space.parameters, *new.spec.fixed])
    histories.store(connection, key, new.history)
    changes.of(connection).sweep(key, SweepState.RUNNING.value)
    return key


def find(connection: Connection, sweep: str) -> Sweep:
    """Return the sweep. Raises NotFound."""
    return _sweeps(connection, [sweep_row(connection, sweep, *_SHOWN)])[0]


def spec(connection: Connection, sweep: str) -> tuple[SweepSpec, DatasetSummary | None]:
    """Return what a sweep's trials follow from: its spec and its data set, if it has one. Raises NotFound."""
    row = sweep_row(connection, sweep, SPEC_TEXT, _DATASET)
    summary = row.dataset_summary
    return records.spec_of_text(row.spec), None if summary is None else records.summary_of_text(summary)


def foreign_specs(connection: Connection, keys: Collection[int]) -> dict[int, SweepSpec | None]:
    """Return the specs of the sweeps of these runs by their keys, None for those of our own trainer."""
    return {
        row.key: None if row.spec is None else records.spec_of_text(row.spec)
        for row in _FOREIGN.rows(connection, keys=list(keys))
    }


def page(connection: Connection, which: SweepFilter, before: str | None, limit: int) -> Sequence[Sweep]:
    """Return up to `limit` sweeps that fit, newest first, from the first one older than `before`."""
    asked = _parts(which)
    rows = _listed(tuple(asked)).rows(connection, before=before or _BEHIND_ALL, limit=limit, **asked)
    return _sweeps(connection, rows)


@cache
def _listed(parts: tuple[str, ...]) -> Query:
    return Query(_LISTED.where(*(_FITTING[part] for part in parts)))


def idle(connection: Connection, keys: Collection[int]) -> list[str]:
    """Return the ids of those sweeps that have no queued run."""
    return [row.id for row in _IDLE.rows(connection, keys=list(keys))] if keys else []


def running(connection: Connection) -> list[str]:
    """Return the ids of all sweeps that run, oldest first."""
    return list(
        connection.execute(
            select(sweeps.c.id).where(sweeps.c.state == SweepState.RUNNING.value).order_by(sweeps.c.id)
        ).scalars()
    )


def _parts(which: SweepFilter) -> dict[str, str]:
    """Return what each part of a filter that is given is compared with."""
    parts = {
        "name": None if which.name is None else _escaped(which.name.lower()),
        "state": which.state,
        "tag": which.tag,
        "dataset": which.dataset,
    }
    return {part: value for part, value in parts.items() if value is not None}


def _escaped(text: str) -> str:
    """Return a text in which nothing stands for other letters."""
    return text.replace("/", "//").replace("%", "/%").replace("_", "/_")


def _sweeps(connection: Connection, rows: Sequence[AnyRow]) -> list[Sweep]:
    standing = counts.of(connection, [row.key for row in rows])
    return [
        Sweep(
            id=row.id,
            state=SweepState(row.state),
            ending=SweepState(row.ending) if row.ending else None,
            spec=records.spec_of_text(row.spec),
            labels=Labels(row.name, tuple(row.tags), row.notes, row.priority),
            used=Used(row.drawn, row.charged_epochs, row.used_seconds),
            posted=row.posted,
            dataset_sha256=row.dataset_sha256,
            created_at=row.created_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
            reason=row.reason,
            counts=_whole(standing[row.key].counts, row),
            best=standing[row.key].best,
            waiting_points=len(row.enqueued),
            spaces=records.spaces(row),
        )
        for row in rows
    ]


def _whole(counts: Mapping[TrialState, int], row: AnyRow) -> dict[TrialState, int]:
    """Return a count for every state: while a sweep is open, trials not yet drawn are queued, in sum the budget."""
    whole = {state: counts.get(state, 0) for state in TrialState}
    if row.state in OPEN_SWEEPS:
        whole[TrialState.QUEUED] += row.budget_trials - row.drawn
    return whole


_BEGINNING: Mapping[str, Any] = {
    "state": SweepState.RUNNING.value,
    "unit": "epoch",
    "drawn": 0,
    "charged_epochs": 0,
    "used_seconds": 0.0,
    "plan_version": 0,
    "plan": {},
}


def _asked(spec: SweepSpec, labels: Labels) -> dict[str, Any]:
    return {
        "name": labels.name,
        "tags": list(labels.tags),
        "notes": labels.notes,
        "priority": labels.priority,
        "trainer": spec.trainer,
        "rules": spec.rules_to_know,
        "metric": spec.objective.metric,
        "direction": spec.objective.direction,
        "diverged": spec.objective.diverged,
        "seed": spec.seed,
        "budget_trials": spec.budget.trials,
        "budget_seconds": spec.budget.seconds,
        "keep_models": spec.keep_models,
        "pool": spec.pool,
        "replicates": spec.trainings,
        "spec": records.spec_to_json(spec),
    }


def _data(connection: Connection, dataset: DatasetSummary) -> dict[str, Any]:
    current = connection.execute(
        select(datasets.c.artifact_key).where(datasets.c.name == dataset.name, datasets.c.sha256 == dataset.sha256)
    ).scalar()
    if current is None:
        raise Conflict(f'The data set "{dataset.name}" was deleted or replaced meanwhile. Try again.')
    return {
        "artifact_key": current,
        "dataset": dataset.name,
        "dataset_sha256": dataset.sha256,
        "dataset_summary": records.summary_to_json(dataset),
    }
