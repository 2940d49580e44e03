"""Relevance: whether a parameter decides which trials are among the best ones, or may be chance, by PED-ANOVA.

Watanabe, Bansal and Hutter, "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in Arbitrary Subspaces",
IJCAI 2023: the Pearson divergence between where the best trials lie on an axis and where all of them lie. Times
q / (1 - q) the divergence of the best share q is the share of the variance of "is among them" that a parameter explains
alone. Its mean over the best tenth, quarter and half is taken: of few trials the best tenth alone tells little from
chance. The best never lie evenly: what counts is whether they lie less evenly than shuffled trials do.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import final

import numpy as np

from app.analysis.columns import Floats
from app.analysis.densities import cells_of, distances
from app.analysis.evidence import BEST, Evidence, Rows, best_count

_LEVELS = (BEST, 0.25, 0.5)
"""The best shares of the trials over which the mean is taken."""

_PAIR_BEST = 0.2
"""Pairs, whose cells are many, look at the best fifth."""

_CELLS, _PAIR_CELLS = 32, 6
_SHUFFLES, _PAIR_SHUFFLES = 200, 100

_SURE = 0.95
"""A parameter is relevant if it tells more than in so large a share of the shufflings; a pair if more than in all."""


@final
class Relevance:
    """Which parameters and pairs tell the best trials from all; what is drawn by lot follows from `seed`."""

    def __init__(self, evidence: Evidence, seed: int) -> None:
        self._evidence = evidence
        self._rng = np.random.default_rng(seed)
        self._orders = dict[int, Rows]()

    @cached_property
    def parameters(self) -> frozenset[str]:
        """The parameters that are told from chance."""
        return frozenset(name for name in self._evidence.space if self._is_told(name))

    def of_pair(self, first: str, second: str) -> bool:
        """Return whether two parameters tell the best fifth together otherwise than each does alone."""
        rows = self._evidence.drawn(first, second)
        if len(rows) < 2 * _PAIR_CELLS:
            return False
        best = best_count(len(rows), _PAIR_BEST)
        cells = [self._cells(name, rows, best, _PAIR_CELLS) for name in (first, second)]
        joint = (cells[0][:, :, None] * cells[1][:, None, :]).reshape(len(rows), -1)

        def together(groups: Floats) -> Floats:
            everyone = np.ones(len(rows))
            alone = [1.0 + distances(groups, everyone, one) for one in cells]
            return np.asarray(1.0 + distances(groups, everyone, joint) - alone[0] * alone[1])

        found = float(together(_heads(len(rows), best))[0])
        return found > float(together(self._shuffled(len(rows), best)[:_PAIR_SHUFFLES]).max())

    def _is_told(self, name: str) -> bool:
        rows = self._evidence.drawn(name)
        if len(rows) < 2 or np.ptp(self._evidence.coordinates[name][rows]) == 0.0:
            return False
        told = np.sum(list(self._explained(name, rows)), 0)
        return bool(told[0] > np.quantile(told[1:], _SURE))

    def _explained(self, name: str, rows: Rows) -> Iterator[Floats]:
        """Yield for each level what a parameter explains: in the order found first, then in the shuffled ones."""
        for best in (best_count(len(rows), level) for level in _LEVELS):
            groups = np.concatenate([_heads(len(rows), best), self._shuffled(len(rows), best)])
            cells = self._cells(name, rows, best, _CELLS)
            yield best / (len(rows) - best) * distances(groups, np.ones(len(rows)), cells)

    def _cells(self, name: str, rows: Rows, best: int, cells: int) -> Floats:
        axis = self._evidence.space.parameters[name]
        return cells_of(axis, self._evidence.coordinates[name][rows], best, cells)

    def _shuffled(self, count: int, best: int) -> Floats:
        """Return groups of so many trials chosen by lot, (shuffles, count) of 0 and 1; the same ones for each axis."""
        if count not in self._orders:
            self._orders[count] = self._rng.random((_SHUFFLES, count)).argsort(1)
        return (self._orders[count] < best).astype(np.float64)


def _heads(count: int, best: int) -> Floats:
    """Return the group of the best trials, which come first."""
    return (np.arange(count) < best).astype(np.float64)[None, :]
