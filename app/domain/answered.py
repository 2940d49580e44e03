"""What a model answers on a part of its data set, set against what is there, in the numbers that charts draw."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

ScoredPart = Literal["dev", "test"]
"""A part that no weight learns from."""


@dataclass(frozen=True, slots=True)
class ConfusionMatrix:
    """How often which class was answered: `counts` has a row for each class that is there, a column for each answer.

    Of more than 50 classes those with the most wrong answers are shown, in their order; `more_classes` counts the rest.
    """

    classes: Sequence[str]
    counts: Sequence[Sequence[int]]
    more_classes: int


@dataclass(frozen=True, slots=True)
class RocCurve:
    """The ROC curve of a class against the rest, from (0, 0) to (1, 1), thinned to 200 points; `area` is that of all.

    Its points are shares: of the examples of other classes that a threshold takes for it, and of its own.
    """

    name: str
    area: float
    false_positive_rate: Sequence[float]
    true_positive_rate: Sequence[float]


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """The examples whose probability is in [low, high): the mean of it, the share that came true, and their count.

    Both are null in a bin without examples. The last bin has its `high` as well.
    """

    low: float
    high: float
    predicted: float | None
    observed: float | None
    count: int


@dataclass(frozen=True, slots=True)
class ClassAnswers:
    """How a classifier does: confusion, ROC curves and calibration.

    Of two classes there is one curve, of the second; of more than 20 those with the least area are shown. A class
    without examples in the part, or with all of them, has none. `calibrated` tells whose probability is in the bins:
    that of the second of two classes, else (null) of whichever class was answered.
    """

    confusion: ConfusionMatrix
    roc: Sequence[RocCurve]
    calibrated: str | None
    calibration: Sequence[CalibrationBin]


@dataclass(frozen=True, slots=True)
class NumberAnswers:
    """How a regression does, in the target's unit: `actual` and `predicted` of an even choice of 2,000 rows at most.

    The histogram is of the residuals, predicted less actual, of all rows: `edges` has one number more than `counts`.
    """

    target: str
    actual: Sequence[float]
    predicted: Sequence[float]
    edges: Sequence[float]
    counts: Sequence[int]


@dataclass(frozen=True, slots=True)
class PartAnswers:
    """What a model answers to all `rows` of a part: `classes` of a classifier, `numbers` of a regression."""

    part: ScoredPart
    rows: int
    classes: ClassAnswers | None
    numbers: NumberAnswers | None
