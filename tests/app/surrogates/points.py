"""Made-up points for the tests of surrogates."""

import numpy as np
from numpy.typing import NDArray

from app.surrogates import Embedding

Numbers = NDArray[np.float64]

MIXED = Embedding(3, [2, 4])


def mixed(count: int, seed: int, inactive: float = 0.0) -> Numbers:
    """Return so many random points of three numbers and two categories, that share of them inactive."""
    rng = np.random.default_rng(seed)
    numbers = np.where(rng.random((count, 3)) < inactive, np.nan, rng.random((count, 3)))
    codes = np.stack([rng.integers(0, 2, count), rng.integers(-1 if inactive else 0, 4, count)], axis=1)
    return MIXED.vectors(numbers, codes)
