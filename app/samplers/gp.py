"""Bayesian optimisation by a Gaussian process: trains next what improves most, by expectation, on what it believes.

Costs are compared by rank alone. Of a batch each pick is believed to have its mean before the next is made (kriging
believer). Snoek, Larochelle and Adams, "Practical Bayesian optimization of machine learning algorithms", NIPS 2012.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from app.domain.options import Option
from app.domain.plan import Need, TrialView
from app.domain.space import ChoiceParameter, Parameter
from app.domain.values import Value, key
from app.samplers.base import Ask, Quantiles, Sampler
from app.samplers.streams import uniform
from app.surrogates import Believer, Embedding, Posterior, Prior, fit, log_improvement, normal_scores

_KEPT, _FITTED = 512, 256
"""Trials that the model sees, the best half and the newest, and those of them by which its lengths are fitted."""

_UNIFORM, _PARENTS, _MUTANTS, _CLIMBERS, _CLIMBS = 1000, 5, 40, 3, 10
_STEPS = (-0.25, -0.1, -0.03, -0.01, 0.01, 0.03, 0.1, 0.25)
_BELOW_1 = math.nextafter(1.0, 0.0)
_BLAS = ThreadpoolController()

Floats = NDArray[np.float64]


@final
class GaussianProcess(Sampler):
    """Proposes batches from all trials that have stopped; the first one, and any while none has, at random."""

    need = Need.ALL
    options: Mapping[str, Option] = {
        "batch": Option(8, 1, 64, "so many trials are drawn together, after the last ones have stopped")
    }

    def propose(self, ask: Ask) -> Quantiles:
        """Return the batch: the same bits for the same question, in any process, on one BLAS thread."""
        names = list(ask.space)
        if not names or not ask.history or not ask.numbers:
            return uniform(ask.seed, names, ask.numbers)
        with _BLAS.limit(limits=1, user_api="blas"):
            return _Search(ask, np.random.Generator(np.random.Philox([ask.seed, ask.numbers[0]]))).batch()


@dataclass(frozen=True)
class _Candidates:
    """Rows of quantiles, and the vectors of the points that they are."""

    quantiles: Quantiles
    vectors: Floats

    @cached_property
    def keys(self) -> Sequence[bytes]:
        """What tells the points apart: their vectors."""
        return [vector.tobytes() for vector in self.vectors]


class _Search:
    """The picks of one batch."""

    def __init__(self, ask: Ask, chance: np.random.Generator) -> None:
        self.ask = ask
        self.chance = chance
        self.parameters = list(ask.space.parameters.items())
        self.numbers = [(name, one) for name, one in self.parameters if not _unordered(one)]
        self.categories = [(name, one) for name, one in self.parameters if _unordered(one)]
        sizes = [len(one.values) for _, one in self.categories if isinstance(one, ChoiceParameter)]
        self.embedding = Embedding(len(self.numbers), sizes)
        self.seen = {vector.tobytes() for vector in self._vectors([trial.params for trial in ask.history])}
        self.kept = _kept(ask.history)
        self.vectors = self._vectors([trial.params for trial in self.kept])
        self.posterior = self._posterior()
        self.means = self.posterior.means(self.vectors)

    def batch(self) -> Quantiles:
        """Return the picks, one after the other; where no new point is left, what is best of the seen ones."""
        candidates = self._new(np.vstack([self.chance.random((_UNIFORM, len(self.parameters))), *self._mutants()]))
        if not len(candidates.quantiles):
            return uniform(self.ask.seed, list(self.ask.space), self.ask.numbers)
        believer, lowest = Believer(self.posterior, candidates.vectors), float(self.means.min())
        picks = list[Floats]()
        for _ in self.ask.numbers:
            open_ = np.array([one not in self.seen for one in candidates.keys])
            worth = np.where(open_, log_improvement(believer.means, believer.variances, lowest), -np.inf)
            pick = self._climbed(candidates, worth, believer.posterior, lowest)
            self.seen.add(pick.keys[0])
            lowest = min(lowest, float(believer.posterior.means(pick.vectors)[0]))
            believer.believe(pick.vectors)
            picks.append(pick.quantiles[0])
        return np.array(picks)

    def _posterior(self) -> Posterior:
        scores = normal_scores([_cost(trial) for trial in self.kept])
        some = slice(None, None, -(-len(self.kept) // _FITTED))
        kernel = fit(self.vectors[some], self.embedding.owners, scores[some], Prior())
        return Posterior.of(kernel, self.vectors, scores)

    def _mutants(self) -> Iterator[Quantiles]:
        """Yield rows about each of the best trials: each parameter drawn anew by chance, at least one."""
        width = len(self.parameters)
        for parent in np.argsort(self.means, kind="stable")[:_PARENTS]:
            params = self.kept[parent].params
            draws, chances = self.chance.random((2, _MUTANTS, width))
            changed = chances < 1.5 / width
            changed[np.arange(_MUTANTS), chances.argmin(axis=1)] = True
            yield np.where(changed, draws, [_quantile(one, params.get(name)) for name, one in self.parameters])

    def _climbed(self, candidates: _Candidates, worth: Floats, posterior: Posterior, lowest: float) -> _Candidates:
        """Return the best point on the ways up from the best candidates, by changes of one parameter."""
        tops = np.argsort(-worth, kind="stable")[:_CLIMBERS]
        best = [(float(worth[top]), _one(candidates, int(top))) for top in tops]
        for _ in range(_CLIMBS):
            higher = [self._step(height, at, posterior, lowest) for height, at in best]
            if all(new[0] <= old[0] for new, old in zip(higher, best, strict=True)):
                break
            best = higher
        return max(best, key=lambda one: one[0])[1]

    def _step(self, height: float, at: _Candidates, posterior: Posterior, lowest: float) -> tuple[float, _Candidates]:
        around = self._new(np.array(list(self._neighbours(at.quantiles[0]))))
        if not len(around.quantiles):
            return height, at
        worth = log_improvement(*posterior.moments(around.vectors), lowest)
        top = int(worth.argmax())
        return (float(worth[top]), _one(around, top)) if worth[top] > height else (height, at)

    def _neighbours(self, row: Floats) -> Iterator[Floats]:
        for column, (_, parameter) in enumerate(self.parameters):
            for quantile in _others(parameter, float(row[column])):
                yield np.where(np.arange(len(row)) == column, quantile, row)

    def _new(self, quantiles: Quantiles) -> _Candidates:
        """Return those rows whose points were not seen and are within the constraints, each point once."""
        points = self.ask.space.points(quantiles.tolist(), self.ask.fixed, self.ask.rules)
        vectors, first = self._vectors(points), dict[bytes, int]()
        for row, vector in enumerate(vectors):
            first.setdefault(vector.tobytes(), row)
        rows = [
            row
            for name, row in first.items()
            if name not in self.seen and self.ask.space.admits(points[row], self.ask.fixed)
        ]
        return _Candidates(quantiles[rows], vectors[rows])

    def _vectors(self, points: Sequence[Mapping[str, Value]]) -> Floats:
        numbers = [_places(one, [point.get(name) for point in points], math.nan) for name, one in self.numbers]
        codes = [_places(one, [point.get(name) for point in points], -1.0) for name, one in self.categories]
        return self.embedding.vectors(
            np.array(numbers, np.float64).reshape(len(numbers), len(points)).T,
            np.array(codes).astype(np.int_).reshape(len(codes), len(points)).T,
        )


def _one(candidates: _Candidates, index: int) -> _Candidates:
    at = slice(index, index + 1)
    return _Candidates(candidates.quantiles[at], candidates.vectors[at])


def _kept(history: Sequence[TrialView]) -> Sequence[TrialView]:
    """Return the trials that the model sees, by number."""
    if len(history) <= _KEPT:
        return history
    ranked = sorted(history, key=lambda trial: (_cost(trial), trial.number))
    best, others = ranked[: _KEPT // 2], ranked[_KEPT // 2 :]
    newest = sorted(others, key=lambda trial: trial.number)[-(_KEPT // 2) :]
    return sorted([*best, *newest], key=lambda trial: trial.number)


def _cost(trial: TrialView) -> float:
    """Return the cost; a trial that has none (diverged, failed) is worse than all others."""
    return math.inf if trial.cost is None or math.isnan(trial.cost) else trial.cost


def _unordered(parameter: Parameter) -> bool:
    return isinstance(parameter, ChoiceParameter) and not parameter.ordered


def _places(parameter: Parameter, values: Sequence[Value], inactive: float) -> list[float]:
    """Return the coordinate of each value, `inactive` of None."""
    if not isinstance(parameter, ChoiceParameter):
        return [inactive if value is None else parameter.coordinate(value) for value in values]
    known = {repr(value): parameter.coordinate(value) for value in parameter.values} | {repr(None): inactive}
    return [known[repr(value)] if repr(value) in known else parameter.coordinate(value) for value in values]


def _middles(parameter: ChoiceParameter) -> Floats:
    """Return the quantile in the middle of each value's share."""
    shares = np.array(parameter.weights or [1.0] * len(parameter.values))
    middles: Floats = (np.cumsum(shares) - shares / 2) / shares.sum()
    return middles


def _quantile(parameter: Parameter, value: Value) -> float:
    """Return a quantile of a value, about; of an inactive parameter any will do."""
    if value is None:
        return 0.5
    if isinstance(parameter, ChoiceParameter):
        return float(_middles(parameter)[parameter.keys[key(value)]])
    return min(max(parameter.coordinate(value), 0.0), _BELOW_1)


def _others(parameter: Parameter, quantile: float) -> Sequence[float]:
    if isinstance(parameter, ChoiceParameter):
        return list(map(float, _middles(parameter)))
    return [min(max(quantile + step, 0.0), _BELOW_1) for step in _STEPS]
