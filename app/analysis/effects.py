"""Effects: the mean of the objective along each parameter, with a band, whatever the other parameters were."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.analysis.columns import Floats
from app.analysis.densities import kernel
from app.analysis.evidence import Evidence, Rows
from app.domain.space import ChoiceParameter, Parameter
from app.domain.values import Value
from app.surrogates.axes import BELOW_1

GRID = 25
"""The points of an axis that is no choice, at most."""

_RESAMPLES, _SEED = 100, 13
_LEAST_SUPPORT = 2.0
"""With trials of less weight than of so many nothing is said of a point."""

_WORST = 0.95
"""Values beyond this quantile of the costs count as it: one trial that almost diverged would hide all others."""


@dataclass(frozen=True, slots=True)
class Effect:
    """The `mean` of the objective at the values of `grid`, with its 95 % bootstrap interval from `low` to `high`.

    It is the mean of the trials near there, weighed by a normal kernel on the parameter's own scale; null where there
    are too few. The worst twentieth of the trials counts as its best.
    """

    parameter: str
    grid: Sequence[Any]
    mean: Sequence[float | None]
    low: Sequence[float | None]
    high: Sequence[float | None]


def effects(evidence: Evidence, rules: int) -> list[Effect]:
    """Return the effect of each parameter; nothing with too few trials."""
    if not evidence.enough:
        return []
    sign = 1.0 if evidence.direction == "minimize" else -1.0
    finite = np.isfinite(evidence.costs)
    values = np.minimum(evidence.costs, np.quantile(evidence.costs[finite], _WORST))
    weights, found = _resampled(len(values)), []
    for name, parameter in evidence.space.parameters.items():
        rows = evidence.drawn(name)
        rows = rows[finite[rows]]
        grid = _grid(parameter, rules)
        found.append(Effect(name, grid, *_ends(_means(evidence, name, grid, rows, values, weights), sign)))
    return found


def _grid(parameter: Parameter, rules: int) -> list[Value]:
    if isinstance(parameter, ChoiceParameter):
        return list(parameter.values)
    quantiles = np.linspace(0.0, BELOW_1, GRID).tolist()
    return list(dict.fromkeys(parameter.at(quantiles, rules)))


def _resampled(count: int) -> Floats:
    """Return how often each trial counts: once, and in each resample as often as it is drawn."""
    drawn = np.random.default_rng(_SEED).multinomial(count, np.full(count, 1.0 / count), _RESAMPLES)
    return np.concatenate([np.ones((1, count)), drawn])


def _means(evidence: Evidence, name: str, grid: Sequence[Value], rows: Rows, costs: Floats, weights: Floats) -> Floats:
    """Return the mean costs at a grid, NaN without support: those of the trials first, then those of resamples."""
    parameter, places = evidence.space.parameters[name], evidence.coordinates[name][rows]
    at = np.array([parameter.coordinate(value) for value in grid])
    # Values of a choice have nothing to do with each other.
    width = 1e-3 if isinstance(parameter, ChoiceParameter) else max(0.29 * max(len(rows), 1) ** -0.2, 0.03)
    near = kernel(places, at, width)
    support = weights[:, rows] @ near
    means = weights[:, rows] @ (costs[rows, None] * near) / np.maximum(support, 1e-300)
    return np.asarray(np.where(support > 1e-9, means, np.nan) + np.where(near.sum(0) < _LEAST_SUPPORT, np.nan, 0.0))


def _ends(costs: Floats, sign: float) -> tuple[list[float | None], list[float | None], list[float | None]]:
    known = ~np.isnan(costs[0])
    ends = np.full((2, costs.shape[1]), np.nan)
    if known.any():
        ends[:, known] = np.nanquantile(costs[:, known], [0.025, 0.975], axis=0)
    low, high = ends if sign > 0 else ends[::-1]
    mean, first, last = ([None if np.isnan(one) else float(sign * one) for one in row] for row in (costs[0], low, high))
    return mean, first, last
