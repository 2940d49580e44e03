"""How much the examples of each class count in training: as said, or so that all classes count alike."""

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from engine.arrays import Array
from engine.hyperparameters.bounds import Bounds

ClassWeight: TypeAlias = Literal["none", "balanced"] | Mapping[str, float]
"""What can be said: every example counts one, every class counts alike, or a weight for some classes by name."""

WORDS: tuple[str, ...] = ("none", "balanced")

WEIGHT_BOUNDS = Bounds(0.0, low_open=True)
"""What one class may count."""


def class_weights(said: ClassWeight, classes: Sequence[str], counts: Sequence[int]) -> tuple[float, ...]:
    """Return the weight of each class, in the order of `classes`; nothing where every example counts one.

    `counts` are the training examples of each class. "balanced" is n/(k*n_c), as in scikit-learn: n examples of k
    classes, n_c of them of this one; they weigh one on average. A class without a weight, or without an example, has
    one. Raises ValueError for a name that no class has.
    """
    if isinstance(said, str):
        return () if said == "none" else _balanced(counts)
    if strangers := [name for name in said if name not in classes]:
        raise ValueError(f"class_weight names {', '.join(strangers)}, and the classes are {', '.join(classes)}.")
    return tuple(float(said.get(name, 1.0)) for name in classes)


def _balanced(counts: Sequence[int]) -> tuple[float, ...]:
    present = sum(count > 0 for count in counts)
    return tuple(sum(counts) / (present * count) if count else 1.0 for count in counts)


def stacked(weights: Sequence[tuple[float, ...]], dtype: DTypeLike) -> Array | None:
    """Return the weights of members' classes, (R, classes), with ones for those who have none; None if nobody has any.

    To count as one changes no bit: whoever has no weights may share a stack with others who have some.
    """
    classes = max(map(len, weights))
    return np.array([some or (1.0,) * classes for some in weights], dtype) if classes else None
