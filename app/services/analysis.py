"""Use cases of analysis: what went wrong in trials, what the space holds, and what to do next."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isnan
from threading import Lock
from typing import Any, final

import numpy as np

from app.analysis.diagnosis import (
    LAST_EPOCHS,
    NO_CURVE,
    SweepDiagnosis,
    TrialDiagnosis,
    figure,
    sweep_diagnosis,
    trial_diagnosis,
)
from app.analysis.divergence import Divergence
from app.analysis.edges import Edge
from app.analysis.effects import Effect
from app.analysis.evidence import COMPARED
from app.analysis.expected_gain import ExpectedGain
from app.analysis.flattery import Flattery, PartRows, flattery
from app.analysis.importance import Importance, PairImportance
from app.analysis.leaderboard import Compared, Leaderboard, Trainings, leaderboard, on_test
from app.analysis.waste import Waste
from app.contract.metrics import MEASURES, objectives_of
from app.domain.datasets import DatasetSummary
from app.domain.errors import Conflict, Fault, InvalidRequest
from app.domain.filters import Condition, Field, TrialQuery
from app.domain.objectives import Direction, cost
from app.domain.order import Order
from app.domain.runs import whole_seeds
from app.domain.states import OPEN, TrialState
from app.domain.sweeps import Sweep, SweepSpec
from app.domain.trials import Trial
from app.services.next_sweeps import next_sweep, searched
from app.services.retraining import retrained
from app.services.trials import Trials
from app.storage.interface import Storage

MOST_TRIALS = 1000
"""The finished trials of a sweep that are read beside the best one, a second's work: the last say what it does now."""

BOARD = 50
"""The trials that are compared on a leader board."""

_VALUE, _SAME_AS = Field("value"), Field("same_as")
_FINAL = tuple(state for state in TrialState if state not in OPEN)


@dataclass(frozen=True, slots=True)
class SweepAnalysis(SweepDiagnosis):
    """The diagnosis of a sweep, how far its best value flatters, and what its trials say of the space.

    `flattery` is null without a test part, with few trials, and before there is a best one. `trials` were read.
    `importance`, `pairs`, `effects` and `edges` are empty while there is a `lack`, the sentence that says of what;
    `irrelevant` parameters cannot be told from chance. `divergence` is null if hardly a trial diverged,
    `expected_gain` for a sampler that learns, whose next trials are not like the last ones. `next_space` is a request
    for the next sweep, which POST /v1/sweeps takes as it stands.
    """

    flattery: Flattery | None
    trials: int
    importance: Sequence[Importance]
    pairs: Sequence[PairImportance]
    irrelevant: Sequence[str]
    effects: Sequence[Effect]
    edges: Sequence[Edge]
    divergence: Divergence | None
    waste: Waste
    expected_gain: ExpectedGain | None
    next_space: Mapping[str, Any] | None
    lack: str | None


_CACHED = 32
"""The answers that are kept: those of the sweeps that were asked for last."""


@final
class Analysis:
    """Diagnoses, read from what is stored; that of a sweep is kept until another of its trials has finished."""

    def __init__(self, storage: Storage, trials: Trials, most_trials: int = MOST_TRIALS) -> None:
        self._storage = storage
        self._trials = trials
        self._most_trials = most_trials
        self._keeping = Lock()
        self._kept: dict[tuple[str, float], tuple[object, SweepAnalysis]] = {}

    def trial(self, sweep: str, number: int, hoped: float) -> TrialDiagnosis:
        """Diagnose a trial, also a running one. Raises NotFound, Conflict, InvalidRequest."""
        spec, dataset = self._diagnosable(sweep)
        _require_possible(hoped, dataset)
        trial = self._trials.get(sweep, number)
        curve = self._storage.curve_ends(sweep, [number], LAST_EPOCHS).get(number, NO_CURVE)
        return trial_diagnosis(trial, curve, spec, dataset, hoped)

    def sweep(self, sweep: str, hoped: float) -> SweepAnalysis:
        """Diagnose the best trial and the last finished ones together. Raises NotFound, Conflict, InvalidRequest."""
        _, dataset = self._diagnosable(sweep)
        _require_possible(hoped, dataset)
        found, asked = self._storage.sweep(sweep), (sweep, hoped)
        with self._keeping:
            stands, kept = self._kept.pop(asked, (None, None))
        if kept is None or stands != _stands(found):
            kept = self._analysed(found, dataset, hoped)
        with self._keeping:
            self._kept[asked] = (_stands(found), kept)
            while len(self._kept) > _CACHED:
                del self._kept[next(iter(self._kept))]
        return kept

    def next_request(self, sweep: str) -> Mapping[str, Any]:
        """Return a request for the sweep that refines this one. Raises NotFound; Conflict if nothing can be told."""
        spec, _ = self._diagnosable(sweep)
        if spec.train_on_dev:
            raise Conflict(f"The sweep {sweep} trains one network on dev as well: there is no search to refine.")
        found = self.sweep(sweep, 0.0)
        if found.next_space is None:
            raise Conflict(f"The sweep {sweep} cannot be refined. {found.lack}")
        return found.next_space

    def _analysed(self, found: Sweep, dataset: DatasetSummary, hoped: float) -> SweepAnalysis:
        sweep, spec, best = found.id, found.spec, found.best
        trials = self._storage.finished_trials(sweep, self._most_trials)
        numbers = {trial.number for trial in trials}
        if best is not None and best.trial not in numbers:
            trials.insert(0, self._storage.trial(sweep, best.trial))
            numbers.add(best.trial)
        curves = self._storage.curve_ends(sweep, numbers, LAST_EPOCHS)
        diagnosis = sweep_diagnosis(trials, curves, spec, dataset, hoped)
        flatters = _flattery(trials, found, dataset)
        warnings = [flatters.warning] if flatters and flatters.warning else []
        told = [_of_retrained(trials[0])] if spec.train_on_dev and trials else diagnosis.next
        search = searched(spec, trials, self._unread(found, numbers))
        return SweepAnalysis(
            diagnosis.bias_variance,
            diagnosis.training,
            [*told, *warnings],
            flattery=flatters,
            trials=len(trials),
            importance=search.importance,
            pairs=search.pairs,
            irrelevant=search.irrelevant,
            effects=search.effects,
            edges=search.edges,
            divergence=search.divergence,
            waste=search.waste,
            expected_gain=search.expected_gain,
            next_space=next_sweep(found, dataset, search) if search.lack is None else None,
            lack=search.lack,
        )

    def _unread(self, found: Sweep, read: Collection[int]) -> list[float]:
        """Return the costs of the comparable trials that were not read, if all of them are of one space.

        As among those that were read one without a value costs infinitely much, and copies of others are left out.
        """
        if sum(found.counts[state] for state in _FINAL) <= len(read) or len(found.spaces) > 1:
            return []
        query = TrialQuery(tuple(sorted(COMPARED)), (Condition(_SAME_AS, "=", None),))
        rows = self._storage.trial_keys(found.id, query, {}, (_VALUE,))
        values = rows.keys[_VALUE][~np.isin(rows.numbers, list(read))]
        costs = [cost(value, found.spec.objective.direction) for value in values.tolist()]
        return [inf if isnan(value) else value for value in costs]

    def leaderboard(self, sweep: str, limit: int) -> Leaderboard:
        """Return the first `limit` of the board of the best trials. Raises NotFound."""
        basis = self._trials.basis(sweep)
        spec, objective = basis.spec, basis.spec.objective
        query = TrialQuery(_FINAL, sort=Field("value"), descending=objective.direction == "maximize")
        found = self._storage.trials(sweep, query, basis.shared, None, BOARD)
        confirmed = self._storage.confirmed_trials(sweep)
        others = [one for one, _ in found if not one.confirmed and one.same_as is None]
        trials = _in_order(confirmed + others, objective.direction)[:BOARD]
        found_of = self._storage.trainings(sweep, [trial.number for trial in trials])
        trainings = {number: _counted(of_trial, spec.folds) for number, of_trial in found_of.items()}
        board = leaderboard(trials, trainings, _compared(spec, basis.dataset), spec.folds)
        if spec.train_on_dev and trials:
            return replace(board, note=_ONLY_TEST)
        again = retrained(self._storage, sweep, trials[0].number) if trials else None
        return replace(board, items=board.items[:limit], retrained=again.id if again else None)

    def _diagnosable(self, sweep: str) -> tuple[SweepSpec, DatasetSummary]:
        """Return what trials follow from. Raises NotFound; Conflict for a sweep of a foreign trainer."""
        spec, dataset = self._storage.sweep_spec(sweep)
        if dataset is None:
            rule = f"The sweep {sweep} is trained by {spec.trainer}, and only our own networks can be diagnosed"
            raise Conflict(f"{rule}. GET /v1/sweeps/{sweep}/trials lists its trials, /best shows the best one.")
        return spec, dataset


def _stands(sweep: Sweep) -> object:
    """Return what an analysis of a sweep follows from, as far as it changes."""
    finished = [sweep.counts[state] for state in _FINAL]
    return sweep.state, finished, sweep.best, len(sweep.spaces), sweep.spec.budget, sweep.labels.name


_ONLY_TEST = (
    "This trial has trained on dev as well: `value` is its loss on what it trained on, and only `test`, of rows that "
    "it has not seen, tells what it is worth."
)


def _compared(spec: SweepSpec, dataset: DatasetSummary | None) -> Compared:
    """Return what trials of a sweep are compared by; one that has trained on dev shows the usual error on test."""
    metric = spec.objective.metric
    measure = None if dataset is None else MEASURES.get(metric)
    beside = on_test(objectives_of(dataset.task)[0]) if dataset and spec.train_on_dev else on_test(metric)
    return Compared(metric, spec.objective.direction, measure.meaning if measure else None, beside)


def _in_order(trials: Sequence[Trial], direction: Direction) -> list[Trial]:
    """Return the trials that have a value, the best first."""
    ranked = [
        (Order.of(cost(trial.value, direction), trial.state, trial.number, confirmed=trial.confirmed), trial)
        for trial in trials
        if trial.value is not None
    ]
    return [trial for _, trial in sorted(ranked, key=lambda pair: pair[0])]


def _counted(trainings: Trainings, folds: int) -> Trainings:
    """Return the trainings that the value of a trial is the mean of: those of seeds with all their folds."""
    whole = whole_seeds(trainings, folds)
    return {run: value for run, value in trainings.items() if run in whole}


def _of_retrained(trial: Trial) -> str:
    """Say what the only trial of a sweep that trains on dev as well is worth, as nothing can be said of dev."""
    tests = {name: value for name, value in trial.metrics.items() if name in ("test_error", "test_rmse")}
    worth = "".join(f": its {name} is {figure(value)}" for name, value in tests.items() if value is not None)
    only = f"Trial {trial.number} has trained on dev as well, so that only test tells what it is worth{worth}"
    return f"{only}. GET /v1/sweeps/{trial.sweep}/trials/{trial.number}/model is its model."


def _flattery(trials: Sequence[Trial], sweep: Sweep, dataset: DatasetSummary) -> Flattery | None:
    if sweep.best is None or not dataset.rows.get("test"):
        return None
    count = sum(sweep.counts[state] for state in (TrialState.COMPLETED, TrialState.PRUNED))
    dev = dataset.rows["dev"] if sweep.spec.folds == 1 else dataset.rows["train"] + dataset.rows["dev"]
    rows, objective = PartRows(dev, dataset.rows["test"]), sweep.spec.objective
    return flattery(trials, sweep.best.trial, count, rows, objective.metric, objective.direction, sweep.spec.folds)


def _require_possible(hoped: float, dataset: DatasetSummary) -> None:
    if hoped > 1.0 and dataset.task != "regression":
        rule = f"but an error of {dataset.name} is a share from 0 to 1"
        way = f"Write {hoped / 100.0:g} for {hoped:g} percent."
        raise InvalidRequest([Fault("/hoped_error", f"hoped_error is {hoped:g}, {rule}. {way}")])
