"""What a model says of rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """For each row its class by name, or its number; `values` is (rows,), objects (str) or float64.

    `probabilities`, float64 (rows, classes), are in the order of `classes`; a regression has neither.
    """

    values: NDArray[Any]
    classes: tuple[str, ...]
    probabilities: NDArray[np.float64] | None
