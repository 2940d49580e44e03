"""The inputs that rows become: float32 or bytes, and beside them float64 where float32 would merge values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """The inputs of rows, `x` (m, n); those at `places` (k,) are in `double` (m, k) too, float64.

    In `x`, values of these inputs that differ have become one.
    """

    x: NDArray[Any]
    places: NDArray[np.intp]
    double: NDArray[np.float64]

    @classmethod
    def plain(cls, x: NDArray[Any]) -> Self:
        """Return inputs (m, n) of which none is needed in float64."""
        return cls(x, np.zeros(0, np.intp), np.zeros((len(x), 0)))

    @classmethod
    def of(cls, x: NDArray[Any], places: Sequence[int] | NDArray[np.intp]) -> Self:
        """Return inputs (m, n) of any type of numbers, in float64 at these places alone."""
        chosen = np.array(places, np.intp)
        return cls(x.astype(np.float32, copy=False), chosen, x[:, chosen].astype(np.float64))

    def __len__(self) -> int:
        return len(self.x)

    def numbers(self, start: int = 0, stop: int | None = None) -> NDArray[Any]:
        """Return the inputs from `start` to `stop` as one array: a view on `x`, or float64 if some are needed so."""
        end = self.x.shape[1] if stop is None else stop
        inside = (self.places >= start) & (self.places < end)
        if not inside.any():
            return self.x[:, start:end]
        numbers = self.x[:, start:end].astype(np.float64)
        numbers[:, self.places[inside] - start] = self.double[:, inside]
        return numbers
