"""Input normalisation: mean and deviation from the training part alone, of each input or of each channel."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.encoded import Encoded
from engine.data.rounding import varies
from engine.data.table import Image
from engine.rules import CURRENT, FIRST

_AT_ONCE = 1 << 17
"""Numbers that are taken at a time: a megabyte of float64, whatever the size of a part."""

Moments = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Normalization:
    """x -> (x - mean)/scale, with float64 moments of each input, (n,); an input that is `constant` becomes 0.

    Training cannot tell what an input does that never varies in it: its weights stay as they were drawn. So it
    contributes nothing, in no part. Its scale is 1.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    constant: NDArray[np.bool_]

    @classmethod
    def fit(cls, x_train: NDArray[Any] | Encoded, image: Image | None = None, rules: int = CURRENT) -> "Normalization":
        """Learn the moments from the training inputs (m, n), of any type of numbers.

        Pixels of an image share the moments of their channel: a pixel that is constant in train would else not count
        when it is not, and moving the image would not commute with normalising it. An input is constant if it does not
        vary by the rounding of the type that it has here; by the first rules none was.
        """
        if isinstance(x_train, Encoded):
            learned = cls.fit(x_train.x, image, rules)
            return (
                learned._with(x_train.places, cls.fit(x_train.double, image, rules)) if len(x_train.places) else learned
            )
        inputs = x_train.shape[1]
        channels = image[2] if image else inputs
        mean, scale, constant = (
            _moments(x_train.reshape(-1, channels)) if rules > FIRST else _first_moments(x_train, channels)
        )
        pixels = inputs // channels
        return cls(np.tile(mean, pixels), np.tile(scale, pixels), np.tile(constant, pixels))

    def apply(self, x: NDArray[Any] | Encoded, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Return normalised inputs of any part, (m, n), rounded to float32; they are written to `out` if it is given.

        Computed in float64, piece by piece. What is too far from the training part for float32 becomes infinite.
        """
        if isinstance(x, Encoded):
            normalised = self.apply(x.x, out)
            if len(x.places):
                normalised[:, x.places] = self._at(x.places).apply(x.double)
            return normalised
        normalised = np.empty(x.shape, np.float32) if out is None else out
        with np.errstate(over="ignore"):
            for piece in _pieces(x):
                normalised[piece] = ((x[piece].astype(np.float64) - self.mean) / self.scale).astype(np.float32)
        normalised[:, self.constant] = 0.0
        return normalised

    def _at(self, places: NDArray[np.intp]) -> "Normalization":
        return Normalization(self.mean[places], self.scale[places], self.constant[places])

    def _with(self, places: NDArray[np.intp], other: "Normalization") -> "Normalization":
        """Return the same with the moments of `other` at these places."""
        mean, scale, constant = self.mean.copy(), self.scale.copy(), self.constant.copy()
        mean[places], scale[places], constant[places] = other.mean, other.scale, other.constant
        return Normalization(mean, scale, constant)


def _moments(x: NDArray[Any]) -> Moments:
    """Return mean and scale of the columns of `x`, and which are constant.

    Numbers are first taken from one of their column, which is exact where they lie close together far from zero, and
    divided by their range, so that no square leaves float64. The second pass corrects the mean of the first.
    """
    low, high = x.min(axis=0).astype(np.float64), x.max(axis=0).astype(np.float64)
    constant = ~varies(low, high, x.dtype)
    start, spread = x[0].astype(np.float64), np.where(constant, 1.0, high - low)
    total, rest, squares = np.zeros((3, x.shape[1]))
    for piece in _pieces(x):
        total += ((x[piece].astype(np.float64) - start) / spread).sum(axis=0)
    middle = total / len(x)
    for piece in _pieces(x):
        difference = (x[piece].astype(np.float64) - start) / spread - middle
        rest += difference.sum(axis=0)
        squares += np.square(difference, out=difference).sum(axis=0)
    deviation = np.sqrt((squares - rest**2 / len(x)) / len(x))
    mean = start + spread * (middle + rest / len(x))
    return mean, np.where(constant, 1.0, spread * deviation), constant


def _first_moments(x_train: NDArray[Any], channels: int) -> Moments:
    """Return the moments to the bits that the first rules gave them."""
    x = x_train.astype(np.float64).reshape(-1, channels)
    scale = np.where(np.ptp(x, axis=0) > 0.0, x.std(axis=0), 1.0)
    return x.mean(axis=0), scale, np.zeros(channels, np.bool_)


def _pieces(x: NDArray[Any]) -> Iterator[slice]:
    rows = max(_AT_ONCE // x.shape[1], 1)
    return (slice(start, start + rows) for start in range(0, len(x), rows))
