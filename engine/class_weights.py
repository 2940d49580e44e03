"""How much the examples of each class count in training: as said, or so that all classes count alike."""

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from engine.arrays import Array

Weighing: TypeAlias = Literal["none", "balanced"]
ClassWeight: TypeAlias = Weighing | Mapping[str, float]
"""What can be said: every example counts one, every class counts alike, or a weight for some classes by name."""


def class_weights(said: ClassWeight, classes: Sequence[str], counts: Sequence[int]) -> tuple[float, ...]:
    """Return what an example of each class counts, in the order of `classes`, whose training examples are `counts`.

    "balanced" is n/(k*n_c), as in scikit-learn: n examples of k classes, n_c of them of this one; they weigh one on
    average. A class without a weight, or without an example, has one.
    """
    if said == "balanced":
        present = sum(count > 0 for count in counts)
        return tuple(sum(counts) / (present * count) if count else 1.0 for count in counts)
    named = {} if isinstance(said, str) else said
    return tuple(float(named.get(name, 1.0)) for name in classes)


def stacked(
    said: Sequence[ClassWeight], classes: Sequence[str], counts: Sequence[int], dtype: DTypeLike
) -> Array | None:
    """Return the weights of members' classes, (R, classes); None if every example of every member counts one.

    To count as one changes no bit: members without weights may share a stack with others who have some.
    """
    if all(one == "none" for one in said):
        return None
    return np.array([class_weights(one, classes, counts) for one in said], dtype)


def misfit(said: ClassWeight, classes: Sequence[str]) -> str | None:
    """Return why examples of these classes cannot be weighed so, as the end of a sentence; None if they can."""
    if said == "none":
        return None
    if not classes:
        return "the target is a number, and only classes can be weighed"
    strangers = [] if isinstance(said, str) else [name for name in said if name not in classes]
    return f"there is no class {strangers[0]}, but {', '.join(classes)}" if strangers else None
