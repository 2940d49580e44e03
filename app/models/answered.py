"""The answers of a model in the numbers that charts draw: confusion, ROC curves, calibration and residuals."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from app.domain.answered import (
    CalibrationBin,
    ClassAnswers,
    ConfusionMatrix,
    NumberAnswers,
    PartAnswers,
    RocCurve,
    ScoredPart,
)
from engine.metrics import Answers

MOST_CLASSES = 50
"""The most classes of a confusion matrix."""

MOST_CURVES = 20
MOST_POINTS = 200
"""The most points of a ROC curve."""

BINS = 10
"""Bins of calibration, of equal width."""

MOST_ROWS = 2000
"""The most rows of a regression that are shown one by one."""

MOST_RESIDUAL_BINS = 60

Floats = NDArray[np.float64]
Whole = NDArray[np.intp]


def part_answers(part: ScoredPart, answers: Answers, classes: Sequence[str], target: str) -> PartAnswers:
    """Return what the first member answers on a part; `classes` are empty for a regression of the `target`.

    Raises ValueError if an answer is no finite number.
    """
    if not answers.finite[0]:
        raise ValueError(f"An answer on the {part} part is no finite number.")
    if not classes:
        return PartAnswers(part, len(answers.y), None, _number_answers(answers, target))
    own = answers.probabilities[0]
    probabilities = own if len(own) > 1 else np.concatenate([1.0 - own, own])
    found = _class_answers(probabilities, answers.answered[0], answers.labels, classes)
    return PartAnswers(part, len(answers.y), found, None)


def _class_answers(probabilities: Floats, answered: Whole, labels: Whole, classes: Sequence[str]) -> ClassAnswers:
    two = len(classes) == 2
    sure = probabilities[1] if two else probabilities.max(axis=0)
    true = labels == 1 if two else labels == answered
    return ClassAnswers(
        confusion=_confusion(answered, labels, classes),
        roc=_curves(probabilities, labels, classes),
        calibrated=classes[1] if two else None,
        calibration=list(_calibration(sure, true)),
    )


def _confusion(answered: Whole, labels: Whole, classes: Sequence[str]) -> ConfusionMatrix:
    size = len(classes)
    wrong = answered != labels
    faults = np.bincount(labels[wrong], minlength=size) + np.bincount(answered[wrong], minlength=size)
    shown = np.sort(np.argsort(-faults, kind="stable")[:MOST_CLASSES])
    places = np.full(size, -1)
    places[shown] = np.arange(len(shown))
    kept = (places[labels] >= 0) & (places[answered] >= 0)
    cells = places[labels[kept]] * len(shown) + places[answered[kept]]
    counts = np.bincount(cells, minlength=len(shown) ** 2).reshape(len(shown), -1)
    return ConfusionMatrix([classes[one] for one in shown], counts.tolist(), size - len(shown))


def _curves(probabilities: Floats, labels: Whole, classes: Sequence[str]) -> list[RocCurve]:
    ranked = [1] if len(classes) == 2 else range(len(classes))
    found = [(place, roc(probabilities[place], labels == place)) for place in ranked if _is_mixed(labels == place)]
    areas = np.array([np.trapezoid(true, false) for _, (false, true) in found])
    shown = np.sort(np.argsort(areas, kind="stable")[:MOST_CURVES])
    return [_curve(classes[found[one][0]], float(areas[one]), *found[one][1]) for one in shown]


def _is_mixed(own: NDArray[np.bool_]) -> bool:
    return bool(own.any() and not own.all())


def roc(scores: Floats, own: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return the shares of other examples and of `own` ones at or above each score, from the highest one on.

    Both begin at 0 and end at 1; there must be some of both.
    """
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)  # equal scores are one threshold
    found = np.cumsum(own[order])[ends]
    others = ends + 1 - found
    return np.append(0.0, others / others[-1]), np.append(0.0, found / found[-1])


def _curve(name: str, area: float, false: Floats, true: Floats) -> RocCurve:
    """Thin a curve: of its points those nearest to even steps along it, which never falls."""
    along = false + true
    chosen = np.unique(np.searchsorted(along, np.linspace(0.0, along[-1], MOST_POINTS)).clip(max=len(along) - 1))
    return RocCurve(name, area, false[chosen].tolist(), true[chosen].tolist())


def _calibration(sure: Floats, true: NDArray[np.bool_]) -> Iterator[CalibrationBin]:
    places = np.minimum((sure * BINS).astype(np.intp), BINS - 1)
    counts = np.bincount(places, minlength=BINS)
    predicted, observed = (np.bincount(places, weights=values, minlength=BINS) for values in (sure, true))
    for place, count in enumerate(counts.tolist()):
        low, high = place / BINS, (place + 1) / BINS
        means = [float(sums[place]) / count if count else None for sums in (predicted, observed)]
        yield CalibrationBin(low, high, means[0], means[1], count)


def _number_answers(answers: Answers, target: str) -> NumberAnswers:
    actual, predicted = answers.residuals.y, answers.residuals.answers[0]
    residuals = predicted - actual
    bins = min(max(len(np.histogram_bin_edges(residuals, "sturges")) - 1, 1) * 2, MOST_RESIDUAL_BINS)
    counts, edges = np.histogram(residuals, bins)
    shown = np.arange(0, len(actual), -(-len(actual) // MOST_ROWS))
    return NumberAnswers(
        target, actual[shown].tolist(), predicted[shown].tolist(), edges.tolist(), counts.astype(int).tolist()
    )
