"""The counter-based generator of random search, for many counters at a time.

NumPy has it one stream at a time; the bits are the same. Philox4x64-10: Salmon et al., "Parallel random numbers: as
easy as 1, 2, 3", SC 2011.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Words: TypeAlias = NDArray[np.uint64]

_ROUNDS = 10
_MULTIPLIERS = np.array([0xD2E7470EE14C6C93, 0xCA5A826395121157], np.uint64)[:, None, None]
_KEY_STEPS = np.array([0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B], np.uint64)[:, None, None]
_HALF, _LOW_HALF = np.uint64(32), np.uint64(0xFFFFFFFF)
_UPPER, _LOWER = _MULTIPLIERS >> _HALF, _MULTIPLIERS & _LOW_HALF


def first_words(seed: int, streams: Sequence[int], numbers: Sequence[int], block: int = 0) -> Words:
    """Return the first word of each stream at each number: an array of `numbers` x `streams`.

    It is what `np.random.Philox` gives first with the key (seed, stream) and the counter (block, 0, 0, number),
    all below 2^64; NumPy raises the lowest word of the counter before it gives anything.
    """
    shape = len(numbers), len(streams)
    even, odd, keys = np.zeros((3, 2, *shape), np.uint64)  # words 0 and 2 of each counter, words 1 and 3, its key
    even[0] = 1 + block
    odd[1] = np.array(numbers, np.uint64)[:, None]
    keys[0], keys[1] = seed, np.array(streams, np.uint64)
    for _ in range(_ROUNDS):
        high, low = _product(even)
        even, odd = high[::-1] ^ odd ^ keys, low[::-1]
        keys += _KEY_STEPS
    first: Words = even[0]
    return first


def _product(words: Words) -> tuple[Words, Words]:
    """Return the upper and the lower 64 bits of words times their multipliers; no sum of halves exceeds 64 bits."""
    high, low = words >> _HALF, words & _LOW_HALF
    middle = high * _LOWER + (low * _LOWER >> _HALF)
    other = low * _UPPER + (middle & _LOW_HALF)
    return high * _UPPER + (middle >> _HALF) + (other >> _HALF), words * _MULTIPLIERS
