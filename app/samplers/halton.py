"""Halton's sequence, scrambled: a number written in a prime base, its digits permuted and mirrored at the point.

Each parameter has a prime of its own. For many parameters the primes are large, and many trials are needed before
their axes are filled evenly; `sobol` does better there.
"""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from app.domain.plan import Need
from app.samplers.base import Ask, Quantiles, Sampler
from app.samplers.streams import words_of

Digits: TypeAlias = NDArray[np.int64]

_BELOW_ONE = 1.0 - 2.0**-53
_FINEST = 2**53


@final
class HaltonSampler(Sampler):
    """Gives each parameter a prime base, in the order of their names, and permutes each of its digits by chance."""

    need = Need.NOTHING

    def propose(self, ask: Ask) -> Quantiles:
        """Return the points of the scrambled sequence at the numbers; `history` does not matter."""
        bases = dict(zip(sorted(ask.space), primes(), strict=False))
        columns = [mirrored(ask.numbers, _permutations(ask.seed, f"halton {name}", bases[name])) for name in ask.space]
        return np.array(columns, np.float64).reshape(len(columns), len(ask.numbers)).T


def primes() -> Iterator[int]:
    """Yield the primes in their order."""
    found = list[int]()
    for number in count(2):
        if all(number % prime for prime in found):
            found.append(number)
            yield number


def mirrored(numbers: Sequence[int], permutations: Digits) -> NDArray[np.float64]:
    """Return the numbers' digits behind the point, the lowest first, each as the row of its place permutes it."""
    places, base = permutations.shape
    counted = np.array(numbers, np.int64)
    value = np.zeros(len(numbers))
    for place in range(places - 1, -1, -1):
        value = (value + permutations[place, counted // base**place % base]) / base
    return np.minimum(value, _BELOW_ONE)


def _permutations(seed: int, stream: str, base: int) -> Digits:
    """Return a random permutation of the digits for each place that a double can tell from none."""
    places = next(places for places in count(1) if base**places >= _FINEST)
    words = words_of(seed, [stream], range(places * base)).reshape(places, base)
    return np.argsort(words, axis=1, kind="stable")
