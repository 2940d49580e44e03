"""Use cases of charts: few numbers that show what many trials look like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np

from app.charts.thinning import Numbers, Reals, best_and_spread, extremes, improvements, take
from app.domain.errors import Fault, InvalidRequest, show
from app.domain.filters import Condition, Field, TrialQuery
from app.domain.hints import hint
from app.domain.objectives import Direction
from app.domain.states import TrialState
from app.domain.sweeps import SweepSpec
from app.domain.trials import MetricCurve
from app.domain.values import Value
from app.planning.drawing import epochs_of
from app.schedulers import SCHEDULERS
from app.services.trials import Basis
from app.storage.interface import Storage

By = Literal["trials", "epochs", "seconds"]

_VALUE, _STATE, _EPOCHS, _END = Field("value"), Field("state"), Field("epochs"), Field("finished_at")
_RESULTS = (TrialState.COMPLETED, TrialState.PRUNED)
_MICROSECONDS = 1e6
_MOST_RUNGS = 100


@dataclass(frozen=True, slots=True)
class Steps:
    """Where the best value so far got better: at `x`, to `value`, by which trial."""

    x: Sequence[float]
    value: Sequence[float]
    trial: Sequence[int]


@dataclass(frozen=True, slots=True)
class Results:
    """Results of finished trials, thinned to the least and the greatest of each stretch: `x`, `value` and trial."""

    x: Sequence[float]
    value: Sequence[float]
    trial: Sequence[int]


@dataclass(frozen=True, slots=True)
class ProgressChart:
    """How the best value so far fell or rose in the order in which trials finished.

    `x` counts finished trials, the epochs that they trained, or the seconds since the sweep began. `end` is the last x,
    `total` counts the trials that the chart is of.
    """

    metric: str
    direction: Direction
    by: By
    end: float
    total: int
    best: Steps
    results: Results


@dataclass(frozen=True, slots=True)
class DrawnCurve:
    """The curve of a trial, thinned to extremes; null where a value was not finite or not measured."""

    trial: int
    state: TrialState
    value: float | None
    epochs: Sequence[int]
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class CurvesChart:
    """One metric of many trials by epoch: those that were named, or the best ones and an even choice of the others.

    `total` counts the trials that fit and have epochs. At the ends of `rungs` the scheduler compares trials.
    """

    metric: str
    total: int
    rungs: Sequence[int]
    curves: Sequence[DrawnCurve]


@dataclass(frozen=True, slots=True)
class PointsChart:
    """Fields of many trials, a list for each in the order of `trials`: the best ones and an even choice of the others.

    `total` counts the trials that fit.
    """

    total: int
    trials: Sequence[int]
    states: Sequence[TrialState]
    fields: Mapping[str, Sequence[Any]]


@final
class Charts:
    """Charts of the trials of a sweep; they are thinned here, so that a browser never gets more than it can draw."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def progress(self, basis: Basis, by: By, conditions: Sequence[Condition], points: int) -> ProgressChart:
        """Return how the best value so far developed. Raises NotFound."""
        started_at = self._storage.sweep(basis.sweep).started_at
        query = TrialQuery(_RESULTS, (*conditions, Condition(_VALUE, "!=", None)))
        fields = (_VALUE, _END, _EPOCHS)
        rows = self._storage.trial_keys(basis.sweep, query, basis.shared, fields)
        order = np.argsort(rows.keys[_END], kind="stable")  # numbers rise already
        begun = started_at.timestamp() if started_at else 0.0
        x = _places(by, rows.keys[_EPOCHS][order], rows.keys[_END][order] / _MICROSECONDS - begun)
        values, numbers = rows.keys[_VALUE][order], rows.numbers[order]
        objective = basis.spec.objective
        steps = improvements(_costs(values, objective.direction))
        shown = extremes(values, points)
        return ProgressChart(
            metric=objective.metric,
            direction=objective.direction,
            by=by,
            end=float(x[-1]) if len(x) else 0.0,
            total=len(x),
            best=Steps(x[steps].tolist(), values[steps].tolist(), numbers[steps].tolist()),
            results=Results(x[shown].tolist(), values[shown].tolist(), numbers[shown].tolist()),
        )

    def curves(
        self,
        basis: Basis,
        metric: str | None,
        conditions: Sequence[Condition],
        named: Sequence[int],
        most: int,
        points: int,
    ) -> CurvesChart:
        """Return one metric of many trials by epoch. Raises NotFound, InvalidRequest."""
        metric = metric or basis.spec.objective.metric
        _require_metric(basis, metric)
        chosen = (Condition(Field("number"), "in", list(named)),) if named else ()
        query = TrialQuery(conditions=(*conditions, *chosen, Condition(_EPOCHS, ">", 0)))
        total, numbers = self._choose(basis, query, most)
        about = self._storage.trial_values(basis.sweep, (_STATE, _VALUE), numbers)
        curves = self._storage.metric_curves(basis.sweep, numbers, metric)
        return CurvesChart(
            metric,
            total,
            _rungs(basis.spec),
            [
                _drawn(number, _state(state), value, curves[number], points)
                for number, state, value in zip(numbers, about[_STATE], about[_VALUE], strict=True)
                if number in curves
            ],
        )

    def points(
        self, basis: Basis, fields: Mapping[str, Field], conditions: Sequence[Condition], most: int
    ) -> PointsChart:
        """Return fields, by the names they were asked for with, of many trials. Raises NotFound."""
        shared = basis.shared
        total, numbers = self._choose(basis, TrialQuery(conditions=tuple(conditions)), most)
        found = self._storage.trial_values(basis.sweep, [*{_STATE, *fields.values()}], numbers)
        return PointsChart(
            total,
            numbers,
            [_state(state) for state in found[_STATE]],
            {name: _values(field, found[field], shared) for name, field in fields.items()},
        )

    def _choose(self, basis: Basis, query: TrialQuery, most: int) -> tuple[int, list[int]]:
        """Return how many trials fit, and the numbers of those to show."""
        rows = self._storage.trial_keys(basis.sweep, query, basis.shared, (_VALUE,))
        costs = _costs(rows.keys[_VALUE], basis.spec.objective.direction)
        return len(rows.numbers), best_and_spread(rows.numbers, costs, most).tolist()


def _require_metric(basis: Basis, metric: str) -> None:
    known = basis.fields.metrics
    if metric not in known:
        detail = f"Epochs have no metric {show(metric)}. {hint(metric, list(known))}"
        raise InvalidRequest([Fault("/metric", detail)])


def _places(by: By, epochs: Reals, seconds: Reals) -> Reals:
    if by == "seconds":
        return seconds
    return np.cumsum(epochs) if by == "epochs" else np.arange(1.0, len(epochs) + 1)


def _costs(values: Reals, direction: Direction) -> Reals:
    return values if direction == "minimize" else -values


def _rungs(spec: SweepSpec) -> Sequence[int]:
    """Return the epochs at whose ends trials are compared, but for the last; none of more than can be told apart."""
    rungs = SCHEDULERS[str(spec.scheduler["kind"])].rungs(spec.scheduler, epochs_of(spec))[:-1]
    return rungs if len(rungs) <= _MOST_RUNGS else []


def _drawn(number: int, state: TrialState, value: Value, curve: MetricCurve, points: int) -> DrawnCurve:
    places: Numbers = extremes(np.array(curve.values, np.float64), points)
    assert value is None or isinstance(value, int | float)
    at = [curve.epochs[place] for place in places.tolist()]
    return DrawnCurve(number, state, value, at, take(curve.values, places))


def _state(stored: Value) -> TrialState:
    assert isinstance(stored, str)
    return TrialState(stored)


def _values(field: Field, found: Sequence[Value], shared: Mapping[str, Value]) -> Sequence[Value]:
    """Return the values of a field; what all trials share is not stored with them."""
    if field.kind == "param" and field.name in shared:
        return [shared[field.name]] * len(found)
    return found
