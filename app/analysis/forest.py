"""A forest of regression trees, each on its own bootstrap of the trials, all grown together level by level.

They are the trees of a plain random forest: every column is looked at, the split is the one that leaves the least sum
of squares, and a node is split until nothing worth telling is left in it. An array has a row for each column of the
inputs; along it lie the examples of all open nodes, node by node, and within a node in the order of that column.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from app.analysis.columns import Floats
from app.analysis.evidence import Rows

_NOTHING = 1e-6
"""A split that explains a smaller part of what its tree had to explain is not made."""

_EQUAL = 1e-9
"""Columns whose best splits differ by so small a part of them are drawn by lot."""


@dataclass(frozen=True, slots=True)
class Leaves:
    """The leaves of `trees` trees: the tree of each, the mean cost there, and its box, (columns, leaves)."""

    trees: int
    tree: Rows
    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class _Nodes:
    """Nodes of one level, as leaves are, with the number of examples in each."""

    tree: Rows
    low: Floats
    high: Floats
    counts: Rows

    @property
    def starts(self) -> Rows:
        """Where the examples of each node begin."""
        return np.asarray(self.counts.cumsum() - self.counts)


@dataclass(frozen=True, slots=True)
class _Examples:
    """What lies in the open nodes: which trial of which tree, its place on the column, how often drawn, and its sum."""

    number: NDArray[np.int64]
    place: Floats
    weight: Floats
    sum: Floats

    def at(self, where: NDArray[np.int64]) -> Self:
        """Return the examples in another order, or some of them; `where` has a row for each column."""
        rows = where + (np.arange(len(where)) * self.number.shape[1])[:, None]
        return type(self)(*(part.take(rows) for part in (self.number, self.place, self.weight, self.sum)))


@dataclass(frozen=True, slots=True)
class _Splits:
    """The nodes that are split, of each the column and threshold, and how many examples go below it."""

    made: NDArray[np.bool_]
    column: Rows
    threshold: Floats
    below: Rows


def grown(places: Floats, costs: Floats, trees: int, rng: np.random.Generator) -> Leaves:
    """Return the leaves of so many trees that tell `costs` by `places`, (trials, columns) from 0 to 1."""
    examples, nodes = _roots(places, costs - costs.mean(), trees, rng)
    least = _NOTHING * _squares(examples, nodes)
    found = list[Leaves]()
    while len(nodes.tree):
        splits, means = _splits(examples, nodes, least[nodes.tree], rng)
        ends = ~splits.made
        found.append(Leaves(trees, nodes.tree[ends], means[ends], nodes.low[:, ends], nodes.high[:, ends]))
        examples, nodes = _parted(examples, nodes, splits, trees * len(costs))
    value = np.concatenate([one.value for one in found]) + costs.mean()
    boxes = (np.concatenate([getattr(one, end) for one in found], 1) for end in ("low", "high"))
    return Leaves(trees, np.concatenate([one.tree for one in found]), value, *boxes)


def _roots(places: Floats, costs: Floats, trees: int, rng: np.random.Generator) -> tuple[_Examples, _Nodes]:
    count, columns = places.shape
    drawn = rng.multinomial(count, np.full(count, 1.0 / count), trees)
    counts = (drawn > 0).sum(1)
    numbers = np.empty((columns, counts.sum()), np.int64)
    for row, order in zip(numbers, places.argsort(0, kind="stable").T, strict=True):
        tree, rank = np.divmod(np.flatnonzero(drawn[:, order] > 0), count)
        row[:] = tree * count + order[rank]
    place = np.take_along_axis(places.T, numbers % count, 1)
    weight, sums = drawn.astype(np.float64).ravel(), (drawn * costs).ravel()
    box = np.zeros((columns, trees)), np.ones((columns, trees))
    return _Examples(numbers, place, weight.take(numbers), sums.take(numbers)), _Nodes(np.arange(trees), *box, counts)


def _squares(examples: _Examples, roots: _Nodes) -> Floats:
    """Return the sum of squares that each tree has to explain: one that has not drawn the worst trial has less."""
    tree, weights, sums = roots.tree.repeat(roots.counts), examples.weight[0], examples.sum[0]
    squares, total, weight = (np.bincount(tree, one) for one in (sums**2 / weights, sums, weights))
    return np.asarray(squares - total**2 / weight)


def _splits(examples: _Examples, nodes: _Nodes, least: Floats, rng: np.random.Generator) -> tuple[_Splits, Floats]:
    """Return the best split of each node, and the mean cost in it."""
    gains, means = _gains(examples, nodes)
    starts, along = nodes.starts, np.arange(gains.shape[1])
    best = np.maximum.reduceat(gains, starts, axis=1)
    top = best.max(0)
    made = top > least
    column = ((best >= top * (1.0 - _EQUAL)) * rng.random(best.shape)).argmax(0)
    is_best = gains[column.repeat(nodes.counts), along] >= best[column, np.arange(len(top))].repeat(nodes.counts)
    first = np.minimum.reduceat(np.where(is_best, along, len(along)), starts)[made]
    column = column[made]
    threshold = (examples.place[column, first] + examples.place[column, first + 1]) / 2
    return _Splits(made, column, threshold, first - starts[made] + 1), means


def _gains(examples: _Examples, nodes: _Nodes) -> tuple[Floats, Floats]:
    """Return by how much a split behind each example lowers the sum of squares, -1 where none is; and the means."""
    counts, starts = nodes.counts, nodes.starts
    ends = starts + counts - 1
    weight, total = examples.weight.cumsum(1), examples.sum.cumsum(1)
    weights = np.diff(weight[0, ends], prepend=0.0)
    means = np.diff(total[0, ends], prepend=0.0) / weights
    weight -= _before(weight, starts).repeat(counts, 1)
    total -= _before(total, starts).repeat(counts, 1)
    # With (s, v) the sum and weight on this side, of m and w in all, it is (s - v m)^2 w / (v (w - v)).
    total -= weight * means.repeat(counts)
    total *= total
    weight *= 1.0 - weight / weights.repeat(counts)
    none = np.ones(total.shape, bool)
    np.less_equal(examples.place[:, 1:], examples.place[:, :-1], out=none[:, :-1])
    none[:, ends] = True
    total[none], weight[none] = -1.0, 1.0
    return np.asarray(total / weight), means


def _before(sums: Floats, starts: Rows) -> Floats:
    """Return of running sums those of all that lies before each node."""
    return np.concatenate([np.zeros((len(sums), 1)), sums[:, starts[1:] - 1]], 1)


def _parted(examples: _Examples, nodes: _Nodes, splits: _Splits, size: int) -> tuple[_Examples, _Nodes]:
    """Return the nodes below those that are split, the lower half of each first, and what lies in them."""
    made, counts = splits.made, nodes.counts[splits.made]
    inside = np.flatnonzero(made.repeat(nodes.counts))
    goes = np.zeros(size, bool)  # of each trial of each tree: whether it goes below the threshold
    rank = np.arange(len(inside)) - (counts.cumsum() - counts).repeat(counts)
    goes[examples.number[splits.column.repeat(counts), inside]] = rank < splits.below.repeat(counts)
    order = _order(goes.take(examples.number.take(inside, 1)), counts, splits.below)
    halves = np.stack([splits.below, counts - splits.below], 1).ravel()
    low, high = (box[:, made].repeat(2, 1) for box in (nodes.low, nodes.high))
    places = np.arange(len(splits.column))
    high[splits.column, 2 * places] = low[splits.column, 2 * places + 1] = splits.threshold
    return examples.at(inside.take(order)), _Nodes(nodes.tree[made].repeat(2), low, high, halves)


def _order(below: NDArray[np.bool_], counts: Rows, halves: Rows) -> NDArray[np.int64]:
    """Return the order that puts in each node first what goes below; within both halves it is that of the column.

    A sort by node and half, in linear steps: the n-th example of a node that goes below comes to its n-th place.
    """
    before, starts = halves.cumsum() - halves, counts.cumsum() - counts
    passed, along = below.cumsum(1), np.arange(below.shape[1])
    first = passed + (starts - before - 1).repeat(counts)
    target = np.where(below, first, along - passed + (before + halves).repeat(counts))
    order = np.empty(target.shape, np.int64)
    np.put_along_axis(order, target, np.broadcast_to(along, target.shape), 1)
    return order
