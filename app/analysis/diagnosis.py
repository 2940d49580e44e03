"""Diagnoses of trials: the bridge from what is stored of them to what the engine reads in it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from app.contract.hyperparameters import complete
from app.domain.datasets import DatasetSummary
from app.domain.objectives import cost
from app.domain.order import Order
from app.domain.states import TrialState
from app.domain.sweeps import SweepSpec
from app.domain.trials import LossCurve, Trial
from engine.diagnosis import (
    Curve,
    Errors,
    Point,
    Practice,
    SweepDiagnosis,
    TrialDiagnosis,
    diagnose,
    diagnose_sweep,
    judge,
    loss_of_guessing,
    weighed_guessing,
)
from engine.diagnosis.figures import figure
from engine.metrics import usual_error

__all__ = [
    "LAST_EPOCHS",
    "NO_CURVE",
    "SweepDiagnosis",
    "TrialDiagnosis",
    "figure",
    "sweep_diagnosis",
    "trial_diagnosis",
]

LAST_EPOCHS = 25
"""The end of a curve that a diagnosis reads, beside its first epoch: more than the trend needs."""

NO_CURVE = LossCurve([], [], [])
"""The curve of a trial that has reported no epoch."""


def trial_diagnosis(
    trial: Trial, epochs: LossCurve, spec: SweepSpec, dataset: DatasetSummary, hoped: float
) -> TrialDiagnosis:
    """Diagnose a trial from its curve and, once it has some, its errors; `hoped` is the error to aim for."""
    params = complete(spec.fixed, trial.params)
    curve = Curve.of(_points(trial, epochs), _guessing(params, dataset))
    found, errors = diagnose(curve), _errors(trial, dataset, hoped)
    # Bias and variance of a trial that diverged matter only where it may be the best.
    if errors is None or (trial.state is TrialState.DIVERGED and trial.value is None):
        return TrialDiagnosis(None, found)
    # To go on with a training that is in trouble helps nothing.
    still_falls = curve.falls and not found if curve.readable else None
    practice = _practice(trial, still_falls, params, dataset.rows["train"])
    return TrialDiagnosis(judge(errors, practice), found)


def sweep_diagnosis(
    trials: Sequence[Trial],
    curves: Mapping[int, LossCurve],
    spec: SweepSpec,
    dataset: DatasetSummary,
    hoped: float,
) -> SweepDiagnosis:
    """Diagnose the finished trials of a sweep, given their curves by number."""
    found = {one.number: trial_diagnosis(one, curves.get(one.number, NO_CURVE), spec, dataset, hoped) for one in trials}
    ranked = [
        Order.of(cost(one.value, spec.objective.direction), one.state, one.number, confirmed=one.confirmed)
        for one in trials
        if one.value is not None
    ]
    return diagnose_sweep(found, min(ranked).number if ranked else None)


def _guessing(params: Mapping[str, Any], dataset: DatasetSummary) -> float:
    """Return the training loss of an answer that ignores the inputs; data sets of older versions have no counts."""
    said, card = params["class_weight"], dataset.card
    if said == "none":
        return loss_of_guessing(dataset.task, dataset.outputs)
    classes: Any = card["classes"]
    counts: Any = card.get("class_counts") or {"train": [1] * len(classes)}
    return weighed_guessing(said, classes, counts["train"])


def _points(trial: Trial, curve: LossCurve) -> list[Point]:
    """Return the points that say something: a trainer that sends no loss did not thereby diverge."""
    diverged = trial.state is TrialState.DIVERGED
    # A trial diverges by its dev loss, too, and by that alone where the last step of the epoch went wrong.
    broken = trial.epochs if diverged else math.inf
    rows = zip(curve.epochs, curve.losses, curve.gradient_norms, strict=True)
    return [
        Point(
            epoch,
            math.nan if loss is None or epoch >= broken else loss,
            [math.inf if norm is None else norm for norm in norms or ()],
        )
        for epoch, loss, norms in rows
        if loss is not None or diverged
    ]


def _errors(trial: Trial, dataset: DatasetSummary, hoped: float) -> Errors | None:
    metric = usual_error(dataset.task)
    train, dev = trial.metrics.get(f"train_{metric}"), trial.metrics.get(f"dev_{metric}")
    if train is None or dev is None:
        return None
    if metric == "error":
        return Errors("error", train, dev, hoped)
    # Data sets prepared by older versions do not tell the deviation: then the dev error itself is the measure.
    deviation = dataset.card.get("target_deviation")
    return Errors("rmse", train, dev, hoped, deviation if isinstance(deviation, float) else dev)


def _practice(trial: Trial, still_falls: bool | None, params: Mapping[str, Any], rows: int) -> Practice:
    examples = rows if params["batch_size"] == "full" else min(params["batch_size"], rows)
    return Practice(
        trained=trial.epochs,
        allowed=params["epochs"],
        still_falls=still_falls,
        penalty=(params["l1"] + params["l2"]) / examples,
        keep_prob=min(params["keep_prob"], params["input_keep_prob"]),
    )
