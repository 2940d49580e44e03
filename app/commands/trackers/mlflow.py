"""A sweep as an experiment of MLflow, and each trial as a run.

The extra is `mlflow-skinny`: MLflow without its pages and its data science, which writes to servers and, with the
SQLAlchemy that the service has anyway, to databases. Plain folders MLflow itself writes no more.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from app.commands.trackers.mlflow_names import fitting_names
from app.commands.trackers.told import ToldTrial
from app.domain.errors import Conflict

if TYPE_CHECKING:
    from logsweep.answers.sweeps import SweepAnswer

USUAL = "sqlite:///mlflow.db"
"""Where MLflow looks by itself."""

_SWEEP, _TRIAL, _STATE, _MARK = "logsweep.sweep", "logsweep.trial", "logsweep.state", "logsweep.mark"
_STATUSES = {"completed": "FINISHED", "pruned": "FINISHED", "cancelled": "KILLED"}
_MOST_METRICS, _MOST_PARAMS = 1000, 100
"""What MLflow takes at once."""


def failures() -> tuple[type[Exception], ...]:
    """Return what MLflow raises where its server or database is away or refuses something."""
    from mlflow.exceptions import MlflowException  # noqa: PLC0415  # an extra
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415  # what it writes to databases with

    return MlflowException, SQLAlchemyError, OSError


@final
class MlflowTracker:
    """Writes to a tracking server or a database; `place` is its address, or the path of an SQLite file."""

    def __init__(self, sweep: "SweepAnswer", place: str | None) -> None:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # nothing is told to others unless one asks for it
        from mlflow import MlflowClient  # noqa: PLC0415  # an extra

        self.place = _address(place)
        self._client = MlflowClient(tracking_uri=self.place, registry_uri=self.place)
        self._experiment = self._experiment_of(sweep)
        self._runs: dict[str | None, list[Any]] = {}
        for run in self._all_runs():
            self._runs.setdefault(run.data.tags.get(_TRIAL), []).append(run)
        self._metric_names = fitting_names(("value", *(sweep.metrics or ())))
        self._param_names = fitting_names(_params_of(sweep))

    def has(self, trial: ToldTrial) -> bool:
        """Return whether the trial is there as it is."""
        runs = self._runs.get(str(trial.answer.number), ())
        return any(run.data.tags.get(_MARK) == trial.mark for run in runs)

    def write(self, trial: ToldTrial) -> None:
        """Write a trial in place of what was there of it, which stays until the new run is whole."""
        from mlflow.entities import RunTag  # noqa: PLC0415  # an extra

        answer, begun = trial.answer, _milliseconds(trial.begun_at)
        tags = {_SWEEP: self._sweep, _TRIAL: str(answer.number), _STATE: answer.state}
        tags |= {"logsweep.source": answer.source, "mlflow.note.content": answer.reason or ""}
        run = self._client.create_run(self._experiment, begun, tags, trial.name).info.run_id
        with ExitStack() as unless_whole:
            unless_whole.callback(self._client.delete_run, run)
            self._fill(run, trial)
            self._client.set_terminated(run, _STATUSES.get(answer.state, "FAILED"), _milliseconds(trial.ended_at))
            for before in self._runs.pop(str(answer.number), ()):
                self._client.delete_run(before.info.run_id)
            self._client.log_batch(run, tags=[RunTag(_MARK, trial.mark)])  # last: without it the run is written anew
            unless_whole.pop_all()

    def _fill(self, run: str, trial: ToldTrial) -> None:
        from mlflow.entities import Param  # noqa: PLC0415  # an extra

        params = [
            Param(self._param_names.get(name, name), _text(value)) for name, value in trial.answer.all_params.items()
        ]
        for part in _in_parts(params, _MOST_PARAMS):
            self._client.log_batch(run, params=part)
        for metrics in _in_parts(list(_metrics(trial, self._metric_names)), _MOST_METRICS):
            self._client.log_batch(run, metrics=metrics)

    def close(self) -> None:
        """Do nothing: what was written is there."""

    def _experiment_of(self, sweep: "SweepAnswer") -> str:
        """Return the id of the sweep's experiment, which is found by the sweep's id, whatever it is called now."""
        self._sweep = sweep.id
        name = f"{sweep.name} ({sweep.id})"
        found = self._found(sweep.id)
        if not found:
            experiment = str(self._client.create_experiment(name, tags={_SWEEP: sweep.id}))
        else:
            experiment = str(found[0].experiment_id)
            if found[0].name != name:
                self._client.rename_experiment(experiment, name)
        for tag, value in _about(sweep).items():
            self._client.set_experiment_tag(experiment, tag, value)
        return experiment

    def _found(self, sweep: str) -> Sequence[Any]:
        """Return the sweep's experiment, if there is one. Raises Conflict for one that somebody deleted."""
        from mlflow.entities import ViewType  # noqa: PLC0415  # an extra

        condition = f"tags.\"{_SWEEP}\" = '{sweep}'"
        found: Sequence[Any] = self._client.search_experiments(filter_string=condition)
        for one in () if found else self._client.search_experiments(ViewType.DELETED_ONLY, filter_string=condition):
            way = f"Restore it: mlflow experiments restore --experiment-id {one.experiment_id}"
            raise Conflict(f'The experiment of this sweep, "{one.name}", was deleted in MLflow, which keeps it. {way}.')
        return found

    def _all_runs(self) -> Iterator[Any]:
        token: str | None = ""
        while token is not None:
            page = self._client.search_runs([self._experiment], page_token=token or None)
            yield from page
            token = page.token or None


def _about(sweep: "SweepAnswer") -> dict[str, str]:
    objective = f"{sweep.objective['direction']} {sweep.objective['metric']}"
    told = {"state": sweep.state, "tags": ", ".join(sweep.tags), "dataset": sweep.dataset or "", "objective": objective}
    return {"mlflow.note.content": sweep.notes, **{f"logsweep.{name}": value for name, value in told.items()}}


def _params_of(sweep: "SweepAnswer") -> Iterator[str]:
    """Yield all parameters that trials of a sweep may have, in the order in which they came to it."""
    for version in sweep.space_versions:
        yield from version.space
    yield from sweep.fixed


def _metrics(trial: ToldTrial, called: Mapping[str, str]) -> Iterator[Any]:
    from mlflow.entities import Metric  # noqa: PLC0415  # an extra

    begun, best = _milliseconds(trial.begun_at), trial.answer.best_epoch or 0
    for point in trial.curves:
        folder, _, name = point.metric.partition("/")
        yield Metric(f"{folder}/{called.get(name, name)}", point.value, begun, point.epoch)
    for name, value in trial.results.items():
        yield Metric(called.get(name, name), value, _milliseconds(trial.ended_at), best)


def _address(place: str | None) -> str:
    if place is None:
        return os.environ.get("MLFLOW_TRACKING_URI") or USUAL
    return place if "://" in place or place == "databricks" else f"sqlite:///{Path(place).absolute()}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _milliseconds(moment: Any) -> int:
    return int(moment.timestamp() * 1000)


def _in_parts(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
