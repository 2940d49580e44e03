"""Functional analysis of variance: how much of what a forest tells of the costs each parameter explains by itself.

Hutter, Hoos and Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter Importance", ICML 2014. A leaf is a
box of the space with one cost. So the mean cost along an axis, over all the rest of the space, is known exactly, and
its variance beside that of the whole tree is what the axis explains; for two axes the same, less what each does alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from app.analysis.columns import MOST_GROUPS, Floats, groups_of
from app.analysis.evidence import Evidence, Rows
from app.analysis.forest import Leaves, grown
from app.domain.space import ChoiceParameter, Parameter

_MOST_TREES, _FEWEST_TREES, _EXAMPLES = 256, 64, 64_000
"""As many trees as draw so many trials in all, within these bounds: of few trials trees differ more."""

_CELLS = 8
"""Of a pair the mean cost is looked at in so many cells of each axis of numbers: finer ones would tell noise."""

_MOST_COLUMNS, _FEWEST_GROUPS = 96, 3
"""All values without an order have about so many columns: a forest takes memory by trees, trials and columns."""

_LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class Explained:
    """What each parameter explains alone, as parts of the variance of each tree, and what each pair does besides.

    `together` are parts of what all parameters and all pairs explain, in the mean of all trees.
    """

    alone: Mapping[str, Floats]
    together: Mapping[frozenset[str], float]


@dataclass(frozen=True, slots=True)
class _Axis:
    """The columns of a parameter among the inputs: one, or of values without an order one for each."""

    columns: slice

    def covered(self, leaves: Leaves) -> Floats:
        """Return the part of each cell of the axis that each leaf covers, (cells, leaves)."""
        low, high = leaves.low[self.columns], leaves.high[self.columns]
        if len(low) == 1:
            edges = np.linspace(0.0, 1.0, _CELLS + 1)[:, None]
            return np.asarray(np.diff(np.clip(edges, low, high), axis=0) * _CELLS)
        # A column above 1/2 is its value, one below is not: with one value the others are out.
        is_one = low > 0.0
        others = is_one.sum(0) - is_one
        return np.where((high < 1.0) | (others > 0), 0.0, 1.0)

    def widths(self, leaves: Leaves) -> Floats:
        """Return how much of the axis each leaf covers."""
        if self.columns.stop - self.columns.start > 1:
            return np.asarray(self.covered(leaves).mean(0))
        return np.asarray((leaves.high - leaves.low)[self.columns.start])

    def square(self, leaves: Leaves, weights: Floats) -> Floats:
        """Return for each tree the mean square, along the axis, of the sum of `weights` of leaves lying there."""
        if self.columns.stop - self.columns.start > 1:
            sums = [np.bincount(leaves.tree, weights * here, leaves.trees) for here in self.covered(leaves)]
            return np.asarray(np.mean(np.square(sums), 0))
        ends = np.concatenate([box[self.columns.start] for box in (leaves.low, leaves.high)])
        places = np.tile(leaves.tree, 2) + ends  # the axes of all trees, one behind the other
        order = places.argsort()
        sums, places = np.concatenate([weights, -weights])[order].cumsum()[:-1], places[order]
        squares = np.bincount(places[:-1].astype(np.int64), sums**2 * np.diff(places), leaves.trees + 1)
        return np.asarray(squares[: leaves.trees], np.float64)


def explained(evidence: Evidence, costs: Floats, rows: Rows, rng: np.random.Generator) -> Explained:
    """Return what parameters explain of `costs`, one for each of the `rows`."""
    axes, places = _inputs(evidence, rows, rng)
    if not axes or np.ptp(costs) == 0.0:
        return Explained({}, {})
    trees = min(max(_EXAMPLES // len(rows), _FEWEST_TREES), _MOST_TREES)
    leaves = grown(places, (costs - costs.mean()) / costs.std(), trees, rng)
    widths = {name: axis.widths(leaves) for name, axis in axes.items()}
    volume = np.prod(list(widths.values()), 0)
    mean, square = (np.bincount(leaves.tree, volume * leaves.value**power, trees) for power in (1, 2))
    variance = np.maximum(square - mean**2, _LEAST)
    sums = {name: axis.square(leaves, leaves.value * volume / widths[name]) for name, axis in axes.items()}
    alone = {name: np.maximum(one - mean**2, 0.0) / variance for name, one in sums.items()}
    return Explained(alone, _together(leaves, axes, widths, leaves.value * volume / trees))


def _inputs(evidence: Evidence, rows: Rows, rng: np.random.Generator) -> tuple[Mapping[str, _Axis], Floats]:
    """Return the axes that vary, and the inputs of a forest.

    A trial without a parameter has the value of another one drawn by lot: what the absence does is then told of the
    parameter that decides on it. Of choices of very many values the rarest are one value.
    """
    axes, columns = dict[str, _Axis](), list[Floats]()
    unordered = sum(_is_unordered(one) for one in evidence.space.parameters.values())
    most = max(min(_MOST_COLUMNS // max(unordered, 1), MOST_GROUPS), _FEWEST_GROUPS)
    for name, parameter in evidence.space.parameters.items():
        found = evidence.coordinates[name][rows]
        present = found[~np.isnan(found)]
        if not len(present) or np.ptp(present) == 0.0:
            continue
        parts = _columns(parameter, np.where(np.isnan(found), rng.choice(present, len(found)), found), most)
        axes[name] = _Axis(slice(len(columns), len(columns) + len(parts)))
        columns += parts
    return axes, np.stack(columns, 1) if columns else np.zeros((len(rows), 0))


def _columns(parameter: Parameter, places: Floats, most: int) -> list[Floats]:
    """Return a column of places from 0 to 1, or one for each of several values without an order.

    Values that were not drawn have none. Of more than `most` the rarest have one together, which weighs as one value.
    """
    if not _is_unordered(parameter):
        return [places]
    groups = groups_of(places, most)
    count = int(groups.max()) + 1
    return [(groups == group).astype(np.float64) for group in (range(count) if count > 2 else [1])]


def _is_unordered(parameter: Parameter) -> bool:
    return isinstance(parameter, ChoiceParameter) and not parameter.ordered


def _together(
    leaves: Leaves, axes: Mapping[str, _Axis], widths: Mapping[str, Floats], weights: Floats
) -> Mapping[frozenset[str], float]:
    """Return what pairs explain: the variance of the mean cost over two axes, less what each explains alone."""
    shares = {name: axis.covered(leaves) / widths[name] for name, axis in axes.items()}
    mean = weights.sum()
    lines = {name: one @ weights - mean for name, one in shares.items()}
    alone = sum(float(np.mean(line**2)) for line in lines.values())
    found = dict[frozenset[str], float]()
    for first, second in combinations(axes, 2):
        plane = (shares[first] * weights) @ shares[second].T - mean
        rest = plane - lines[first][:, None] - lines[second][None, :]
        found[frozenset((first, second))] = float(np.mean(rest**2))
    total = max(alone + sum(found.values()), _LEAST)
    return {pair: rest / total for pair, rest in found.items()}
