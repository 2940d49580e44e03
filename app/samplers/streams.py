"""Streams of random numbers: one for each parameter of a space, by its name, with a draw for each number of a trial."""

from collections.abc import Sequence
from hashlib import sha256
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.samplers.philox import Words, first_words

Floats: TypeAlias = NDArray[np.float64]


def words_of(seed: int, names: Sequence[str], numbers: Sequence[int], attempt: int = 0) -> Words:
    """Return 64 random bits for each number (row) and name (column); they follow from the arguments alone."""
    return first_words(seed, [_stream(name) for name in names], numbers, attempt)


def uniform(seed: int, names: Sequence[str], numbers: Sequence[int], attempt: int = 0) -> Floats:
    """Return doubles in [0, 1) with 53 random bits, for each number (row) and name (column), as `words_of`."""
    drawn: Floats = (words_of(seed, names, numbers, attempt) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return drawn


def _stream(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:8])
