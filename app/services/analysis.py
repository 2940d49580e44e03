"""Use cases of analysis: what went wrong in trials, and what to do next."""

from typing import final

from app.analysis.diagnosis import LAST_EPOCHS, SweepDiagnosis, TrialDiagnosis, sweep_diagnosis, trial_diagnosis
from app.domain.datasets import DatasetSummary
from app.domain.errors import Conflict, Fault, InvalidRequest
from app.domain.sweeps import SweepSpec
from app.services.trials import Trials
from app.storage.interface import Storage

MOST_TRIALS = 1000
"""The finished trials of a sweep that are read beside the best one, a second's work: the last say what it does now."""


@final
class Analysis:
    """Diagnoses, read from what is stored each time they are asked for."""

    def __init__(self, storage: Storage, trials: Trials) -> None:
        self._storage = storage
        self._trials = trials

    def trial(self, sweep: str, number: int, hoped: float) -> TrialDiagnosis:
        """Diagnose a trial, also a running one. Raises NotFound, Conflict, InvalidRequest."""
        spec, dataset = self._diagnosable(sweep)
        _require_possible(hoped, dataset)
        trial = self._trials.get(sweep, number)
        curve = self._storage.curve_ends(sweep, [number], LAST_EPOCHS).get(number, ())
        return trial_diagnosis(trial, curve, spec, dataset, hoped)

    def sweep(self, sweep: str, hoped: float) -> SweepDiagnosis:
        """Diagnose the best trial and the last finished ones together. Raises NotFound, Conflict, InvalidRequest."""
        spec, dataset = self._diagnosable(sweep)
        _require_possible(hoped, dataset)
        trials = self._storage.finished_trials(sweep, MOST_TRIALS)
        numbers, best = {trial.number for trial in trials}, self._storage.sweep(sweep).best
        if best is not None and best.trial not in numbers:
            trials.insert(0, self._storage.trial(sweep, best.trial))
            numbers.add(best.trial)
        return sweep_diagnosis(trials, self._storage.curve_ends(sweep, numbers, LAST_EPOCHS), spec, dataset, hoped)

    def _diagnosable(self, sweep: str) -> tuple[SweepSpec, DatasetSummary]:
        """Return what trials follow from. Raises NotFound; Conflict for a sweep of a foreign trainer."""
        spec, dataset = self._storage.sweep_spec(sweep)
        if dataset is None:
            rule = f"The sweep {sweep} is trained by {spec.trainer}, and only our own networks can be diagnosed"
            raise Conflict(f"{rule}. GET /v1/sweeps/{sweep}/trials lists its trials, /best shows the best one.")
        return spec, dataset


def _require_possible(hoped: float, dataset: DatasetSummary) -> None:
    if hoped > 1.0 and dataset.task != "regression":
        rule = f"but an error of {dataset.name} is a share from 0 to 1"
        way = f"Write {hoped / 100.0:g} for {hoped:g} percent."
        raise InvalidRequest([Fault("/hoped_error", f"hoped_error is {hoped:g}, {rule}. {way}")])
