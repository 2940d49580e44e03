"""Bayesian optimisation by a Gaussian process: trains next what improves most, by expectation, on what it believes.

Costs are compared by rank alone. Of a batch each pick is believed to have its mean before the next is made (kriging
believer). Snoek, Larochelle and Adams, "Practical Bayesian optimization of machine learning algorithms", NIPS 2012.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from app.domain.options import Option
from app.domain.plan import Need
from app.domain.values import Value
from app.samplers.base import Ask, Quantiles, Sampler
from app.samplers.seen import Seen, seen
from app.samplers.unlearnt import unlearnt
from app.surrogates import Believer, Embedding, Posterior, Prior, fit, log_improvement, normal_scores
from app.surrogates.axes import Axes
from app.surrogates.encoding import Encoding, Points

_KEPT, _FITTED = 512, 256
"""Trials that the model sees, the best half and the newest, and those of them by which its lengths are fitted."""

_ENOUGH = 8
"""So many trials at a rung are enough to learn from."""

_UNIFORM, _PARENTS, _MUTANTS, _CLIMBERS = 1000, 5, 40, 3
_WIDTHS = tuple(0.3 * 0.7**climb for climb in range(10))
"""How far the climbs look along the axes of numbers, one after the other."""

_BLAS = ThreadpoolController()

Floats = NDArray[np.float64]


@final
class GaussianProcess(Sampler):
    """Proposes batches from all trials that have stopped; the first one, and any while none has, fills the space."""

    need = Need.ALL
    options: Mapping[str, Option] = {
        "batch": Option(8, 1, 64, "so many trials are drawn together, after the last ones have stopped")
    }

    def propose(self, ask: Ask) -> Quantiles:
        """Return the batch: the same bits for the same question, in any process, on one BLAS thread."""
        shown = seen(ask.history, _ENOUGH)
        if not len(ask.space) or not shown.costs or not ask.numbers:
            return unlearnt(ask)
        with _BLAS.limit(limits=1, user_api="blas"):
            return _Search(ask, shown, np.random.Generator(np.random.Philox([ask.seed, ask.numbers[0]]))).batch()


@dataclass(frozen=True)
class _Candidates:
    """Rows of quantiles, the vectors of the points that they are, and what tells each point from others."""

    quantiles: Quantiles
    vectors: Floats
    names: Sequence[str]


@dataclass(frozen=True)
class _Spot:
    """A row of quantiles and what it is worth: the logarithm of its expected improvement."""

    worth: float
    row: Floats
    name: str


class _Search:
    """The picks of one batch."""

    def __init__(self, ask: Ask, shown: Seen, chance: np.random.Generator) -> None:
        self.ask, self.chance = ask, chance
        self.axes = Axes(ask.space, ask.fixed, ask.rules)
        encoding = Encoding.of(ask.space)
        self.embedding = Embedding(len(encoding.numbers), [len(one.values) for one in encoding.categories.values()])
        self.taken = {self.axes.name(trial.params) for trial in ask.history}
        kept = _kept(shown.costs)
        self.points = [shown.params[place] for place in kept]
        vectors = self._vectors(encoding.encode(self.points))
        self.posterior = self._posterior(vectors, normal_scores([shown.costs[place] for place in kept]))
        self.means = self.posterior.means(vectors)

    def batch(self) -> Quantiles:
        """Return the picks, one after the other; where no new point is left, the best of those that were tried."""
        candidates = self._new(np.vstack([self.chance.random((_UNIFORM, len(self.ask.space))), *self._mutants()]))
        if not candidates.names:
            return self._again(0)
        believer, lowest = Believer(self.posterior, candidates.vectors), float(self.means.min())
        picks = list[Floats]()
        for _ in self.ask.numbers:
            pick = self._pick(candidates, believer, lowest)
            if pick is None:
                return np.array([*picks, *self._again(len(picks))])
            self.taken.add(pick.name)
            vector = self._at(pick.row[None, :])
            lowest = min(lowest, float(believer.posterior.means(vector)[0]))
            believer.believe(vector)
            picks.append(pick.row)
        return np.array(picks)

    def _posterior(self, vectors: Floats, scores: Floats) -> Posterior:
        some = slice(None, None, -(-len(scores) // _FITTED))
        kernel = fit(vectors[some], self.embedding.owners, scores[some], Prior())
        return Posterior.of(kernel, vectors, scores)

    def _best(self) -> Iterator[Mapping[str, Value]]:
        """Yield the points that were tried, those believed best first."""
        yield from (self.points[place] for place in np.argsort(self.means, kind="stable"))

    def _again(self, first: int) -> Quantiles:
        """Return the rows of points that were tried, for the numbers of the batch from the `first` on."""
        rows = [self.axes.row(point) for point in islice(self._best(), len(self.ask.numbers))]
        return np.array([rows[place % len(rows)] for place in range(len(self.ask.numbers) - first)])

    def _mutants(self) -> Iterator[Quantiles]:
        """Yield rows about each of the best trials: each parameter drawn anew by chance, at least one."""
        width = len(self.ask.space)
        for point in islice(self._best(), _PARENTS):
            draws, chances = self.chance.random((2, _MUTANTS, width))
            changed = chances < 1.5 / width
            changed[np.arange(_MUTANTS), chances.argmin(axis=1)] = True
            yield np.where(changed, draws, self.axes.row(point))

    def _pick(self, candidates: _Candidates, believer: Believer, lowest: float) -> _Spot | None:
        """Return the best point on the ways up from the best candidates, by changes of one parameter."""
        worth = log_improvement(believer.means, believer.variances, lowest)
        order = (int(place) for place in np.argsort(-worth, kind="stable"))
        open_ = (place for place in order if candidates.names[place] not in self.taken)
        spots = [
            _Spot(float(worth[place]), candidates.quantiles[place], candidates.names[place])
            for place in islice(open_, _CLIMBERS)
        ]
        for width in _WIDTHS if spots else ():
            higher = self._climbed(spots, width, believer.posterior, lowest)
            if self.axes.finite and higher == spots:
                break
            spots = higher
        return max(spots, key=lambda spot: spot.worth, default=None)

    def _climbed(self, spots: Sequence[_Spot], width: float, posterior: Posterior, lowest: float) -> list[_Spot]:
        around = [self.axes.neighbours(spot.row, width) for spot in spots]
        worth = log_improvement(*posterior.moments(self._at(np.vstack(around))), lowest)
        ends = np.cumsum([len(rows) for rows in around])[:-1]
        return [self._higher(*one) for one in zip(spots, around, np.split(worth, ends), strict=True)]

    def _higher(self, spot: _Spot, rows: Quantiles, worth: Floats) -> _Spot:
        """Return the best of the rows that is worth more, new and within the constraints, else the spot itself."""
        for place in np.argsort(-worth, kind="stable"):
            if worth[place] <= spot.worth:
                break
            if name := self.axes.open_name(self.axes.points(rows[place : place + 1])[0], self.taken):
                return _Spot(float(worth[place]), rows[place], name)
        return spot

    def _new(self, quantiles: Quantiles) -> _Candidates:
        """Return those rows whose points were not tried and are within the constraints, each point once."""
        first = self.axes.open_rows(quantiles, self.taken)
        rows = quantiles[list(first.values())]
        return _Candidates(rows, self._at(rows), list(first))

    def _at(self, quantiles: Quantiles) -> Floats:
        return self._vectors(self.axes.encode(quantiles))

    def _vectors(self, points: Points) -> Floats:
        return self.embedding.vectors(points.numbers, points.categories)


def _kept(costs: Sequence[float]) -> Sequence[int]:
    """Return the places of the costs that the model sees, in their order."""
    ranked = sorted(range(len(costs)), key=lambda place: costs[place])
    newest = sorted(ranked[_KEPT // 2 :])[-(_KEPT // 2) :]
    return sorted([*ranked[: _KEPT // 2], *newest])
