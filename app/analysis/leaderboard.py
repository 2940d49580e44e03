"""The leader board: the best trials with how sure their values are, by the spread of their trainings."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.domain.objectives import Direction, cost
from app.domain.trials import Trial

Numbers: TypeAlias = NDArray[np.float64]

Trainings = Mapping[int, float]
"""The values that the trainings of a trial came to, by replicate."""

_TAIL = 8.0
"""Standard errors beyond which the rest of a normal distribution is nothing."""

_STEPS = 2001
"""Points of the integral: a standard error may be as small as a fifth of the largest, and has 25 of them still."""


_ROUNDING = 1e-12
"""What means of equal values may differ by, as a share of them: 0.1 three times has the mean 0.10000000000000002."""


@dataclass(frozen=True, slots=True)
class Leader:
    """A trial on the board; one that was `confirmed` by more seeds comes before the others.

    Its value is the mean over `count` trainings, `test` the same metric on the test part. `standard_error` and
    `probability_best` (of being the best of this board) are null while nothing is known of the spread of trainings.
    """

    rank: int
    trial: int
    state: str
    confirmed: bool
    params: Mapping[str, object]
    value: float
    test: float | None
    count: int
    standard_error: float | None
    probability_best: float | None


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """The best trials of a sweep in their order; `deviation` is that of single trainings around their trial's mean.

    It is pooled over the trials of the board, as a few trainings of one say little. `note` says what is missing.

    Each `value`, its standard error and `deviation` are of `metric`, and each `test` is of `test_metric`, in the same
    unit; `meaning` says what that is (null of a foreign trainer, who declares no more than names). `retrained` is the
    sweep in which the first trial was trained on train and dev together; null if none was.
    """

    metric: str
    meaning: str | None
    test_metric: str
    direction: Direction
    deviation: float | None
    items: Sequence[Leader]
    note: str | None
    retrained: str | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """What trials are compared by: a metric, what it is, and the one on test that is shown beside it."""

    metric: str
    direction: Direction
    meaning: str | None
    test_metric: str


def leaderboard(
    trials: Sequence[Trial], trainings: Mapping[int, Trainings], compared: Compared, folds: int = 1
) -> Leaderboard:
    """Return the board of trials that have values, in the order of their ranks."""
    direction = compared.direction
    values = [trial.value for trial in trials if trial.value is not None]
    of_trials = [trainings[trial.number] for trial in trials]
    deviation = pooled_deviation(of_trials, folds)
    counts = [len(one) for one in of_trials]
    errors = None if deviation is None else [deviation / math.sqrt(count) for count in counts]
    chances = None if errors is None else probabilities_best([cost(value, direction) for value in values], errors)
    items = [
        Leader(
            rank=place + 1,
            trial=trial.number,
            state=trial.state.value,
            confirmed=trial.confirmed,
            params=trial.params,
            value=values[place],
            test=trial.metrics.get(compared.test_metric),
            count=counts[place],
            standard_error=None if errors is None else errors[place],
            probability_best=None if chances is None else chances[place],
        )
        for place, trial in enumerate(trials)
    ]
    return Leaderboard(
        compared.metric,
        compared.meaning,
        compared.test_metric,
        direction,
        deviation,
        items,
        _note(items, deviation),
    )


def pooled_deviation(of_trials: Sequence[Trainings], folds: int = 1) -> float | None:
    """Return the deviation of trainings around the mean of their trial; None where that cannot be told.

    Folds that are harder are so for all trials: what each adds in the mean is taken away before.
    """
    several = [_around_mean(one) for one in of_trials if len(one) > 1]
    free = sum(len(one) - 1 for one in several) - (folds - 1)
    if not several or free < 1:
        return None
    by_fold = [[rest for one in several for run, rest in one.items() if run % folds == fold] for fold in range(folds)]
    if max(map(abs, (rest for one in several for rest in one.values()))) <= _ROUNDING * _largest(of_trials):
        return 0.0
    squares = [(rest - math.fsum(rests) / len(rests)) ** 2 for rests in by_fold for rest in rests]
    return math.sqrt(math.fsum(squares) / free)


def _largest(of_trials: Sequence[Trainings]) -> float:
    return max(abs(value) for one in of_trials for value in one.values())


def _around_mean(trainings: Trainings) -> dict[int, float]:
    mean = math.fsum(trainings.values()) / len(trainings)
    return {run: value - mean for run, value in trainings.items()}


def probabilities_best(costs: Sequence[float], errors: Sequence[float]) -> list[float]:
    """Return how probable it is for each that its true cost is the lowest, if each is normal around its cost.

    The integral of each one's density times the chance that all others are above. Without any spread the lowest share
    it.
    """
    lowest = min(costs, default=0.0)
    if not any(errors):
        ties = [math.isclose(one, lowest, rel_tol=_ROUNDING) for one in costs]
        return [tie / sum(ties) for tie in ties]
    means, spreads = np.array(costs), np.array(errors)
    places = np.linspace((means - _TAIL * spreads).min(), (means + _TAIL * spreads).min(), _STEPS)
    scaled = (places - means[:, None]) / spreads[:, None]
    densities = np.exp(-0.5 * scaled**2) / spreads[:, None]
    above = _above(scaled)
    weights = np.array(
        [(densities[one] * np.delete(above, one, axis=0).prod(axis=0)).sum() for one in range(len(costs))]
    )
    return [float(weight) for weight in weights / weights.sum()]


def _above(scaled: Numbers) -> Numbers:
    """Return the chance that a standard normal number is above each of these."""
    erfc = np.frompyfunc(math.erfc, 1, 1)
    return np.asarray(0.5 * erfc(scaled / math.sqrt(2.0)), np.float64)


def on_test(metric: str) -> str:
    """Return the name of the same metric on the test part."""
    return f"test_{metric.removeprefix('dev_').removeprefix('train_')}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _note(items: Sequence[Leader], deviation: float | None) -> str | None:
    if not items:
        return "No trial has a result yet. Ask again when one has finished."
    first = items[0]
    likelier = [one for one in items if (one.probability_best or 0.0) > (first.probability_best or 0.0)]
    if first.confirmed and likelier:
        other = max(likelier, key=lambda one: one.probability_best or 0.0)
        rule = "Trials that were confirmed come first: the values of the others are the luckiest of many, and flatter"
        told = f"Trial {other.trial}, {'confirmed too' if other.confirmed else f'trained {_times(other.count)} alone'}"
        return f"{rule}. {told}, may yet be better than trial {first.trial}: raise the leaders of confirm to learn it."
    if deviation is None:
        lack = "Each of these trials was trained once, so that nothing is known of how far their values vary by chance"
        return (
            f'{lack}. Post a sweep with "replicates": 3 to learn it, or with "confirm": {{}} to learn it of the best.'
        )
    if deviation == 0.0:
        lack = "Trials that were trained several times came to the same value each time, which says little of chance"
        return f'{lack}. Raise "replicates", or give dev more rows.'
    return None
