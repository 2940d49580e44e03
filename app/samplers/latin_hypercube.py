"""Latin hypercubes, one after the other: the trials of a block share each axis out among them, a part for each.

McKay, Beckman and Conover, "A comparison of three methods for selecting values of input variables", Technometrics 1979.
"""

from collections.abc import Mapping
from typing import final

import numpy as np

from app.domain.options import Option, settled
from app.domain.plan import Need
from app.samplers.base import Ask, Quantiles, Sampler
from app.samplers.streams import uniform, words_of

_BELOW_ONE = 1.0 - 2.0**-53


@final
class LatinHypercubeSampler(Sampler):
    """Stratifies blocks of `block` trials, so that a trial follows from the seed and its number."""

    need = Need.NOTHING
    options: Mapping[str, Option] = {
        "block": Option(64, 2, 4096, "so many trials, one after the other, share each axis out among them")
    }

    def propose(self, ask: Ask) -> Quantiles:
        """Return a place by chance within each trial's part of each axis; `history` does not matter."""
        size, names = settled(ask.options, self.options)["block"], list(ask.space)
        blocks = {number // size for number in ask.numbers}
        parts = {block: _parts(ask.seed, names, block, size) for block in blocks}
        mine = np.array([parts[number // size][number % size] for number in ask.numbers], np.float64)
        within = uniform(ask.seed, [f"latin_hypercube within {name}" for name in names], ask.numbers)
        return np.minimum((mine.reshape(within.shape) + within) / size, _BELOW_ONE)


def _parts(seed: int, names: list[str], block: int, size: int) -> Quantiles:
    """Return which part of each axis each trial of a block has: a permutation in each column."""
    numbers = range(block * size, (block + 1) * size)
    words = words_of(seed, [f"latin_hypercube part {name}" for name in names], numbers)
    return np.argsort(words, axis=0, kind="stable").astype(np.float64)
