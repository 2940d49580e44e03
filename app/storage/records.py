"""Rows into records and back."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row

from app.domain.datasets import DatasetSummary
from app.domain.foreign import Foreign
from app.domain.history import Source
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Parameter, Space
from app.domain.states import TrialState
from app.domain.sweeps import Budget, Confirmation, Objective, SpaceVersion, SweepSpec
from app.domain.trials import Trial
from app.domain.work import EarlyStopping, Epoch
from app.storage.columns import instant_text
from app.storage.metrics import Slots

AnyRow = Row[*tuple[Any, ...]]

_KINDS: Mapping[str, type[Parameter]] = {
    "float": FloatParameter,
    "int": IntParameter,
    "choice": ChoiceParameter,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def spec_to_json(spec: SweepSpec) -> dict[str, Any]:
    """Return the spec as plain JSON values."""
    parameters = {
        name: {"kind": _NAMES[type(parameter)], **asdict(parameter)}
        for name, parameter in spec.space.parameters.items()
    }
    return {**asdict(spec), "space": parameters, "constraints": list(spec.space.constraints)}


def spec_from_json(stored: Mapping[str, Any]) -> SweepSpec:
    """Return the spec that `spec_to_json` wrote."""
    stopping, foreign, confirm = stored["early_stopping"], stored.get("foreign"), stored.get("confirm")
    parameters = {name: _parameter(fields) for name, fields in stored["space"].items()}
    return SweepSpec(
        **{
            **{name: value for name, value in stored.items() if name != "constraints"},
            "space": Space(parameters, tuple(stored.get("constraints", ()))),
            "objective": Objective(**stored["objective"]),
            "early_stopping": EarlyStopping(**stopping) if stopping else None,
            "budget": Budget(**stored["budget"]),
            "foreign": Foreign(**foreign) if foreign else None,
            "confirm": Confirmation(**confirm) if confirm else None,
            "history": tuple(Source(**one) for one in stored.get("history", ())),
        }
    )


@lru_cache(maxsize=16)
def spec_of_text(text: str) -> SweepSpec:
    """Return the spec of its JSON text, to be shared and not to be changed: most reads are of few sweeps."""
    return spec_from_json(json.loads(text))


def _parameter(fields: Mapping[str, Any]) -> Parameter:
    known: dict[str, Any] = {name: value for name, value in fields.items() if name != "kind"}
    for name in ("values", "weights"):
        if known.get(name) is not None:
            known[name] = tuple(known[name])
    return _KINDS[fields["kind"]](**known)


def summary_to_json(summary: DatasetSummary) -> dict[str, Any]:
    """Return the summary as plain JSON values."""
    # Not by `asdict`, which copies the whole card; all other fields are plain JSON already.
    plain = {field.name: getattr(summary, field.name) for field in fields(summary)}
    return {**plain, "created_at": instant_text(summary.created_at)}


def summary_from_json(stored: Mapping[str, Any]) -> DatasetSummary:
    """Return the summary that `summary_to_json` wrote."""
    return DatasetSummary(**{**stored, "created_at": datetime.fromisoformat(stored["created_at"])})


@lru_cache(maxsize=16)
def summary_of_text(text: str) -> DatasetSummary:
    """Return the summary of its JSON text, to be shared and not to be changed: the cards of some are long."""
    return summary_from_json(json.loads(text))


def dataset(row: AnyRow) -> DatasetSummary:
    """Return the data set of a row without its content."""
    return DatasetSummary(**{**row._mapping, "builtin": bool(row.builtin)})


def trial(sweep: str, row: AnyRow, slots: Slots) -> Trial:
    """Return the trial of a row, of the sweep with this id; `slots` are those of trials."""
    return Trial(
        sweep=sweep,
        number=row.number,
        state=TrialState(row.state),
        params=row.params,
        metrics=slots.metrics(row),
        value=row.value,
        best_epoch=row.best_epoch,
        epochs=row.epochs,
        seconds=row.seconds,
        reason=row.reason,
        replicates=row.replicates,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        enqueued=bool(row.enqueued),
        confirmed=bool(row.confirmed),
        space_version=row.space_version,
        same_as=row.same_as,
    )


def spaces(row: AnyRow) -> list[SpaceVersion]:
    """Return the versions of the space of a sweep's row: one that was never changed is written down nowhere else."""
    if not row.spaces:
        return [SpaceVersion(1, row.created_at, row.posted.get("space") or {}, row.posted.get("constraints") or [])]
    return [
        SpaceVersion(version, datetime.fromisoformat(one["created_at"]), one["space"], one["constraints"])
        for version, one in enumerate(row.spaces, 1)
    ]


def spaces_to_json(versions: Sequence[SpaceVersion]) -> list[dict[str, Any]]:
    """Return the versions of a space as `spaces` reads them."""
    return [
        {"created_at": instant_text(one.created_at), "space": one.space, "constraints": list(one.constraints)}
        for one in versions
    ]


def epoch(row: AnyRow, slots: Slots) -> Epoch:
    """Return one point of a curve; `slots` are those of epochs."""
    return Epoch(row.epoch, slots.metrics(row), row.seconds, row.gradient_norms)
