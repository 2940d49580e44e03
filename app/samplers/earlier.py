"""What kinds that learn take from earlier sweeps: points by their ranks within each, a few of the best and the others.

Costs of two sweeps are never compared: their data, lengths and other hyperparameters may differ.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from app.domain.history import EarlierSweep
from app.domain.space import Space
from app.domain.values import Value
from app.samplers.base import Ask, Quantiles
from app.samplers.seen import Seen
from app.samplers.unlearnt import unlearnt
from app.surrogates import Embedding, Posterior, normal_scores
from app.surrogates.encoding import Encoding
from app.surrogates.matern import Kernel

_TELLING, _WEANED, _AGREES = 8, 32, 0.2
"""From so many trials on an earlier sweep is left out that correlates no better, and from so many on every one."""

_BLAS = ThreadpoolController()


@dataclass(frozen=True)
class Lesson:
    """Points of one earlier sweep, the best first, with their normal scores among all that are known of it."""

    same_data: bool
    params: Sequence[Mapping[str, Value]]
    scores: NDArray[np.float64]


def lessons(earlier: Sequence[EarlierSweep], most: int) -> list[Lesson]:
    """Return up to `most` points of all the sweeps together: of each the best half of its share, and even ranks."""
    told = [one for one in earlier if one.costs]
    return [_lesson(one, max(most // len(told), 2)) for one in told]


def trusted(space: Space, shown: Seen, learnt: Sequence[Lesson]) -> list[Lesson]:
    """Return the lessons that foretell the ranks of what is shown of this sweep, all while that is too little.

    Once that is enough to learn from it alone there are none: whatever they mislead to comes to an end.
    """
    if len(shown.costs) >= _WEANED:
        return []
    if len(shown.costs) < _TELLING:
        return list(learnt)
    with _BLAS.limit(limits=1, user_api="blas"):
        return [lesson for lesson in learnt if _agreement(space, shown, lesson) > _AGREES]


def _agreement(space: Space, shown: Seen, lesson: Lesson) -> float:
    """Return the correlation of the scores with what a Gaussian process of the lesson expects; 0 of constants."""
    encoding = Encoding.of(space)
    embedding = Embedding(len(encoding.numbers), [len(one.values) for one in encoding.categories.values()])
    there, here = (encoding.encode(points) for points in (lesson.params, shown.params))
    kernel = Kernel(np.ones(len(embedding.owners)), 1.0, 0.1)
    model = Posterior.of(kernel, embedding.vectors(there.numbers, there.categories), lesson.scores)
    expected = model.means(embedding.vectors(here.numbers, here.categories))
    scores = normal_scores(shown.costs)
    if np.ptp(expected) == 0.0 or np.ptp(scores) == 0.0:
        return 0.0
    return float(np.corrcoef(expected, scores)[0, 1])


def hedged(ask: Ask, rows: Quantiles) -> Quantiles:
    """Return a first batch that rests on earlier sweeps alone, every other row of it filling the space instead.

    Those tell whether the earlier sweeps mislead.
    """
    spread = unlearnt(ask)
    spread[::2] = rows[::2]
    return spread


def _lesson(one: EarlierSweep, share: int) -> Lesson:
    ranked = sorted(range(len(one.costs)), key=lambda place: one.costs[place])
    best, others = ranked[: share // 2], ranked[share // 2 :]
    step = max(-(-len(others) // (share - share // 2)), 1)
    kept = [*best, *others[::step]]
    return Lesson(one.same_data, [one.params[place] for place in kept], normal_scores(one.costs)[kept])
