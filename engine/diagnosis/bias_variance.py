"""Bias and variance: how much of a dev error is bad fit, and how much is bad generalisation.

avoidable bias = train - hoped; variance = dev - train; together they are what the dev error misses of the hoped one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.diagnosis.figures import figure
from engine.diagnosis.recipes import Practice, Recipe, against_bias, against_variance

BiasVerdict = Literal["high_bias", "high_variance", "both", "neither"]
ErrorName = Literal["error", "rmse"]

VERDICTS: tuple[BiasVerdict, ...] = ("high_bias", "high_variance", "both", "neither")

NEAR: Mapping[ErrorName, float] = {"error": 0.01, "rmse": 0.1}
"""A dev error this near to the hoped one is there. For a share one point: dev parts of hundreds or a few thousands of
rows show no less. For a number a tenth of the target's deviation: without bias it explains 99 % of the variance."""

SHARE = 1 / 3
"""Bias or variance is high when it makes at least this share of what is missing: one of them always does, and both do
when neither is twice the other."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors of one member at its best epoch: shares ("error"), or "rmse" in the target's unit.

    `hoped` is the error to aim for, such as the error of a person; `scale` is the deviation of the target for "rmse".
    """

    metric: ErrorName
    train: float
    dev: float
    hoped: float = 0.0
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class BiasVariance:
    """What the errors say: a verdict, the numbers it rests on, one by one and in a sentence, and what to do.

    `avoidable_bias` is train less hoped, `variance` is dev less train.
    """

    verdict: BiasVerdict
    avoidable_bias: float
    variance: float
    train: float
    dev: float
    hoped: float
    metric: ErrorName
    detail: str
    recipe: Sequence[Recipe]


def judge(errors: Errors, practice: Practice) -> BiasVariance:
    """Judge one member, and say what to do about it in the light of what it does already."""
    verdict = _verdict(errors)
    bias = against_bias(practice) if verdict in {"high_bias", "both"} else []
    variance = against_variance(practice) if verdict in {"high_variance", "both"} else []
    known = {one.action for one in bias}
    return BiasVariance(
        verdict=verdict,
        avoidable_bias=errors.train - errors.hoped,
        variance=errors.dev - errors.train,
        train=errors.train,
        dev=errors.dev,
        hoped=errors.hoped,
        metric=errors.metric,
        detail=_detail(errors, verdict),
        # Bias first: regularising a network that does not fit makes it worse.
        recipe=[*bias, *(one for one in variance if one.action not in known)],
    )


def _verdict(errors: Errors) -> BiasVerdict:
    missing = errors.dev - errors.hoped
    if missing <= _near(errors):
        return "neither"
    high_bias = errors.train - errors.hoped >= SHARE * missing
    high_variance = errors.dev - errors.train >= SHARE * missing
    if high_bias and high_variance:
        return "both"
    return "high_bias" if high_bias else "high_variance"


def _near(errors: Errors) -> float:
    """Return how near is near enough, with room for the rounding of decimals such as 0.16 - 0.15."""
    return NEAR[errors.metric] * errors.scale * (1.0 + 1e-9)


def _detail(errors: Errors, verdict: BiasVerdict) -> str:
    seen = f"The dev {errors.metric} is {figure(errors.dev)}, the train {errors.metric} {figure(errors.train)}"
    hoped = f"{figure(errors.hoped)} was hoped for"
    means = {
        "high_bias": "the network does not fit its training data well enough",
        "high_variance": "the network fits its training data, but does not generalise well enough",
        "both": "the network neither fits its training data nor generalises well enough",
        "neither": (
            f"a dev {errors.metric} within {figure(_near(errors), 2)} of it needs no repair; "
            "send a lower hoped_error to be told more"
        ),
    }
    return f"{seen}, and {hoped}: {means[verdict]}."
