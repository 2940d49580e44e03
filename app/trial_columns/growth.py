"""Arrays that trials are added to."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)


def grown(array: NDArray[T], length: int, filler: float) -> NDArray[T]:
    """Return the array if it is long enough, or else a longer copy with room for more, filled up with `filler`."""
    if length <= len(array):
        return array
    longer = np.full(max(length, len(array) * 5 // 4), filler, array.dtype)
    longer[: len(array)] = array
    return longer
