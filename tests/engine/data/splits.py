"""Shares and targets for tests of splits, and the parts of a split as lists."""

import numpy as np
from hypothesis import strategies as st

from engine.data.parts.split import Split
from engine.data.target import Target

fractions = st.tuples(st.integers(1, 20), st.integers(0, 20), st.integers(0, 20)).map(
    lambda parts: (parts[0] / sum(parts), parts[1] / sum(parts), parts[2] / sum(parts))
)
"""Shares of train, dev and test, that of train above 0."""


def classes_of(labels: list[int]) -> Target:
    """A target of classes."""
    names = tuple(str(label) for label in range(max(labels) + 1))
    return Target("multiclass", np.array(labels, np.int64), names)


def numbers(rows: int) -> Target:
    """A target of numbers."""
    return Target("regression", np.arange(float(rows)), ())


def parts(split: Split) -> list[list[int]]:
    """The rows of train, dev and test."""
    return [part.tolist() for part in (split.train, split.dev, split.test)]
