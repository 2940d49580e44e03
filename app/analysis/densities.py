"""Densities: where along an axis the trials of a group lie, smoothed, and how far that is from where all trials lie."""

import numpy as np

from app.analysis.columns import MOST_GROUPS, Floats, groups_of
from app.domain.space import ChoiceParameter, Parameter

_SPREAD = 0.29
"""The deviation of places that are spread evenly from 0 to 1."""

_LEAST = 1e-12


def cells_of(parameter: Parameter, coordinates: Floats, best: int, cells: int) -> Floats:
    """Return the share that each trial has in each cell of an axis, (trials, cells); each row sums to 1.

    A value of a choice that was drawn is a cell of its own; of very many the rarest are one, or, if they have an order,
    all are spread as numbers are. A number is spread by a normal kernel whose width is Scott's for a group
    of `best` trials; what would lie beyond a bound is spread over the axis.
    """
    if isinstance(parameter, ChoiceParameter) and not _is_like_a_number(parameter, coordinates):
        groups = groups_of(coordinates)
        return np.asarray(np.eye(int(groups.max()) + 1)[groups])
    middles = (np.arange(cells) + 0.5) / cells
    shares = kernel(coordinates, middles, _SPREAD * best**-0.2)
    return np.asarray(shares / shares.sum(1, keepdims=True))


def _is_like_a_number(choice: ChoiceParameter, coordinates: Floats) -> bool:
    return choice.ordered and len(np.unique(coordinates)) > MOST_GROUPS


def kernel(places: Floats, at: Floats, width: float) -> Floats:
    """Return the normal kernel of this width, (places, at)."""
    return np.asarray(np.exp(-0.5 * ((places[:, None] - at[None, :]) / width) ** 2))


def distances(groups: Floats, everyone: Floats, cells: Floats) -> Floats:
    """Return for each row of weights in `groups` how far its density is from that of `everyone`, as Pearson measures.

    Both are (groups, trials), or `everyone` is one row. It is the mean of (p / q - 1)^2 over q, 0 where both agree.
    """
    p, q = (_density(weights, cells) for weights in (groups, np.atleast_2d(everyone)))
    return np.asarray((p * p / np.maximum(q, _LEAST)).sum(1) - 1.0)


def _density(weights: Floats, cells: Floats) -> Floats:
    found = weights @ cells
    return np.asarray(found / found.sum(1, keepdims=True))
