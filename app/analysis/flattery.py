"""Flattery: how far the best value of many trials is too good, since the dev part was asked so often.

Each value on dev is what the network is worth plus noise: dev has so many rows. Who picks the lowest of n costs picks
lucky noise, too. Where worth and noise are normal, the costs spread by s and their noise by e, the best of n is
expected to flatter by e^2/s times the expected largest of n standard normal numbers, or by e times it if s is below e.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, median, quantiles, stdev

from app.analysis.leaderboard import on_test
from app.domain.objectives import Direction, cost
from app.domain.trials import Trial
from engine.diagnosis.figures import figure

LEAST_TRIALS = 20
"""Fewer trials say too little of their spread."""


@dataclass(frozen=True, slots=True)
class Flattery:
    """What the choice among `trials` trials adds to the best value on dev, which stands beside the same on test.

    `noise` is the deviation of values on dev from what the networks are worth, `spread` that of the better trials;
    `flatters_by` is expected, in the metric's own unit. `warning` is null while the noise times the expected largest of
    so many draws lies within the spread.
    """

    metric: str
    trials: int
    best_trial: int
    best_dev: float
    best_test: float
    noise: float
    spread: float
    flatters_by: float
    warning: str | None


@dataclass(frozen=True, slots=True)
class PartRows:
    """The rows of the two parts by which networks are chosen and judged."""

    dev: int
    test: int


def flattery(
    trials: Sequence[Trial],
    best: int | None,
    count: int,
    rows: PartRows,
    metric: str,
    direction: Direction,
    folds: int = 1,
) -> Flattery | None:
    """Return how far the best value is too good; None without a test part, with too few trials, or if dev chose none.

    `trials` have the number `best` among them; `count` trials were compared in all. With several `folds` all rows of
    train and dev were the dev part once.
    """
    if not metric.startswith("dev_"):
        return None
    pairs = {one.number: pair for one in trials if (pair := _pair(one, metric)) is not None}
    if best not in pairs or len(pairs) < LEAST_TRIALS:
        return None
    costs = [(cost(dev, direction), cost(test, direction)) for dev, test in pairs.values()]
    noise, spread = noise_on_dev(costs, rows), spread_of_better([dev for dev, _ in costs])
    by = expected_flattery(noise, spread, count)
    dev, test = pairs[best]
    warns = noise * expected_largest(count) > spread
    told = _warning(_asked(count, folds), metric, by, best, dev, test) if warns else None
    return Flattery(metric, count, best, dev, test, noise, spread, by, told)


def noise_on_dev(costs: Sequence[tuple[float, float]], rows: PartRows) -> float:
    """Return the deviation of dev costs from what the networks are worth, from pairs of costs on dev and on test.

    What a network is worth is in both, so that the deviation of their differences is noise alone; dev has its part of
    it by the rows. Only the better half is asked, by the sum of both, which prefers no luck on either part.
    """
    better = sorted(costs, key=sum)[: max(len(costs) // 2, 2)]
    return stdev(dev - test for dev, test in better) * math.sqrt(rows.test / (rows.dev + rows.test))


def spread_of_better(costs: Sequence[float]) -> float:
    """Return the deviation of costs as their better half tells it: the distance from the median to the first 16 %.

    The worse half has the trials that learned nothing.
    """
    return median(costs) - quantiles(costs, n=1000, method="inclusive")[158]


def expected_flattery(noise: float, spread: float, count: int) -> float:
    """Return by how much the best of so many costs is expected to be too low."""
    return 0.0 if noise == 0.0 else noise * noise / max(spread, noise) * expected_largest(count)


def expected_largest(count: int) -> float:
    """Return the expected largest of so many standard normal numbers, to a hundredth from ten on (Blom 1958)."""
    return NormalDist().inv_cdf((count - 0.375) / (count + 0.25))


def _pair(trial: Trial, metric: str) -> tuple[float, float] | None:
    dev, test = trial.value, trial.metrics.get(on_test(metric))
    return None if dev is None or test is None else (dev, test)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked how often, and what would tell more."""

    told: str
    way: str


def _asked(count: int, folds: int) -> _Asked:
    if folds == 1:
        return _Asked(f"The dev part was asked by {count:,} trials", "give dev more rows")
    told = f"All rows of train and dev, in {folds} folds, were asked by {count:,} trials"
    return _Asked(told, "upload more rows: folds use all there are but those of test")


def _warning(asked: _Asked, metric: str, by: float, best: int, dev: float, test: float) -> str:
    flatters = f"{asked.told}, so that the best {metric} flatters: by about {figure(by, 2)}"
    beside = f"Trial {best} has {figure(dev)}, and {figure(test)} on the test part, which nothing was chosen by"
    return f"{flatters}. {beside}. Trust that, or {asked.way}."
