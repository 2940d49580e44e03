"""Expected gain: what as many trials again would better the best value by, told from what the last doubling brought.

The best of k trials, drawn from the n there are without putting back, has an exact expectation from their order. Where
the best values come from a tail with a power law, as a bounded error has one, each doubling gains the same share of
what the one before it gained: so the next gain is the last one times the ratio of the last two.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.analysis.columns import Floats
from app.analysis.evidence import LEAST_TRIALS
from app.domain.objectives import Direction

_NOTE = "An extrapolation: with each doubling random trials gain about the same share of what the one before it gained."

_PERFECT: Mapping[Direction, float] = {"minimize": 0.0, "maximize": -1.0}
"""No cost is lower: of our metrics those to be minimised end at 0, those to be maximised at 1."""


@dataclass(frozen=True, slots=True)
class ExpectedGain:
    """By how much the best value is expected to be bettered by `more` trials of the kind, in the objective's unit.

    In 95 of 100 cases the gain is `at_most` so large; it may always be 0. `last_doubling` is what the second half of
    the trials is expected to have brought.
    """

    trials: int
    more: int
    best: float
    last_doubling: float
    gain: float
    at_most: float
    note: str


def expected_gain(found: Floats, direction: Direction) -> ExpectedGain | None:
    """Return the expected gain of doubling trials that were drawn at random and have these costs; None of too few."""
    finite = np.sort(found[np.isfinite(found)])
    if len(finite) < LEAST_TRIALS:
        return None
    costs = np.concatenate([finite, np.full(len(found) - len(finite), finite[-1])])
    count = len(costs)
    quarter, half = (costs @ chances_of_best(count, count // part) for part in (4, 2))
    last, before = float(half - costs[0]), float(quarter - half)
    ratio = min(last / before, 1.0) if before > 0.0 else 0.0
    most = _quantile(costs - costs[0], chances_of_best(count, count // 2), 0.95)
    left = max(float(costs[0]) - _PERFECT[direction], 0.0)
    best = float(costs[0]) if direction == "minimize" else float(-costs[0])
    return ExpectedGain(count, count, best, last, min(last * ratio, left), min(most * ratio, left), _NOTE)


def chances_of_best(count: int, drawn: int) -> Floats:
    """Return for each place in the order how likely it is the best of `drawn` of `count`, none drawn twice."""
    places = np.arange(count - 1)
    left = np.maximum(count - places - drawn, 0) / (count - places)  # that this one is not drawn either
    return np.asarray(np.concatenate([[1.0], np.cumprod(left)]) * drawn / (count - np.arange(count)))


def _quantile(values: Floats, chances: Floats, share: float) -> float:
    return float(values[min(int(np.searchsorted(np.cumsum(chances), share)), len(values) - 1)])
