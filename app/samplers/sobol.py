"""Sobol's sequence, scrambled: any 2^m trials from a multiple of 2^m on fill each axis evenly, and pairs nearly so.

The scrambling is Matousek's: a random lower triangular matrix of bits and a random shift for each parameter ("On the
L2-discrepancy for anchored boxes", J. Complexity 14, 1998). It leaves the evenness as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import final

import numpy as np

from app.domain.errors import Fault
from app.domain.plan import Need
from app.domain.space import Space
from app.domain.values import Value
from app.samplers.base import Ask, Quantiles, Sampler
from app.samplers.joe_kuo import POLYNOMIALS
from app.samplers.philox import Words
from app.samplers.streams import words_of

BITS = 53
"""The binary digits of a quantile; trials are counted up to as many."""

DIMENSIONS = len(POLYNOMIALS) + 1


@final
class SobolSampler(Sampler):
    """Gives each parameter a dimension of the sequence, in the order of their names."""

    need = Need.NOTHING

    def faults(self, posted: Mapping[str, Value], space: Space, fixed: Mapping[str, Value]) -> Iterator[Fault]:
        """Yield what is wrong with the options, or that there are more parameters than dimensions."""
        yield from super().faults(posted, space, fixed)
        if len(space) > DIMENSIONS:
            detail = f"sobol has {DIMENSIONS} dimensions, but the space has {len(space)} parameters"
            yield Fault("/sampler/kind", f"{detail}. Fix some of them, or use the sampler random.")

    def propose(self, ask: Ask) -> Quantiles:
        """Return the points of the scrambled sequence at the numbers; `history` does not matter."""
        names = list(ask.space)
        dimension = {name: place for place, name in enumerate(sorted(names))}
        plain = np.array([directions(dimension[name]) for name in names], np.uint64).reshape(len(names), BITS).T
        random = words_of(ask.seed, [f"sobol {name}" for name in names], range(BITS + 1)) >> np.uint64(64 - BITS)
        return points(_scrambled(plain, random[:BITS]), ask.numbers, random[BITS])


def directions(dimension: int) -> Sequence[int]:
    """Return what each binary digit of a number adds to its point in a dimension, 0 to 127, the lowest digit first.

    They are fractions of 2^53.
    """
    polynomial, first = POLYNOMIALS[dimension - 1] if dimension else (1, ())
    degree = polynomial.bit_length() - 1
    numbers = list(first) if dimension else [1] * BITS
    while len(numbers) < BITS:
        following = numbers[-degree]
        for back in range(1, degree + 1):
            following ^= (polynomial >> (degree - back) & 1) * numbers[-back] << back
        numbers.append(following)
    return [number << (BITS - 1 - place) for place, number in enumerate(numbers)]


def points(columns: Words, numbers: Sequence[int], shift: Words) -> Quantiles:
    """Return the points at `numbers`: a row of `columns` for each of their binary digits, a column for each axis."""
    counted = np.array(numbers, np.uint64)[:, None]
    found = np.repeat(shift[None, :], len(numbers), axis=0)
    for digit in range(min(max(numbers, default=0).bit_length(), BITS)):
        found ^= (counted >> np.uint64(digit) & np.uint64(1)) * columns[digit]
    return found.astype(np.float64) * 2.0**-BITS


def _scrambled(columns: Words, random: Words) -> Words:
    """Return the columns times lower triangular matrices of `random` bits, whose diagonals are one."""
    scrambled = np.zeros_like(columns)
    for digit in range(BITS):
        place = np.uint64(BITS - 1 - digit)
        below = random[digit] >> np.uint64(digit + 1) | np.uint64(1) << place
        scrambled ^= (columns >> place & np.uint64(1)) * below
    return scrambled
