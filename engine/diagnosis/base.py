"""The curve that training is judged by, and what a diagnosis of it is."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from engine.averages import smooth
from engine.class_weights import ClassWeight, class_weights

Trouble = Literal["divergence", "exploding_gradients", "vanishing_gradients", "plateau"]
DIVERGENCE: Trouble = "divergence"
EXPLODING_GRADIENTS: Trouble = "exploding_gradients"
VANISHING_GRADIENTS: Trouble = "vanishing_gradients"
PLATEAU: Trouble = "plateau"

WINDOW = 5
"""Epochs that a trend is read over: fewer are noise, and early stopping rarely waits for many more."""

SMOOTHING = 0.7
"""Beta of the smoothed loss, about three epochs."""

MEMORY = 2 * WINDOW
"""Epochs that the smoothed loss reaches back: a first epoch that blew up would be felt in it much longer."""

FALLING = 0.01
"""The share of its loss that a curve loses over the window at least while it gets somewhere."""

LEARNED = 0.5
"""Below this share of the loss of guessing a network has learned: what its gradients look like is no trouble."""

MARGIN = 0.1
"""A loss this near to that of guessing, as a share of it, is that of guessing."""

_SMALLEST = 1e-300  # a loss may be 0, and its logarithm must be finite


@dataclass(frozen=True, slots=True)
class Point:
    """One epoch: its training loss, and the norm of each dense layer's gradient, input side first, if known."""

    epoch: int
    train_loss: float
    gradient_norms: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A trouble in training: `detail` has the numbers seen, what they mean and what to try.

    `epoch` is where it was seen, `layer` the dense layer it sits in, counted from 1 at the inputs.
    """

    kind: Trouble
    detail: str
    epoch: int
    layer: int | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """The points of a curve in the order of their epochs, and what they say.

    `guessing` is the loss of the best answer that ignores the inputs. `broken` is the first point whose loss is not
    finite; `smoothed` has the last losses before it, averaged over their logarithms, since losses span powers of ten.
    """

    points: Sequence[Point]
    guessing: float
    broken: Point | None
    smoothed: Sequence[float]

    @classmethod
    def of(cls, points: Sequence[Point], guessing: float) -> "Curve":
        """Read a curve; gaps between its epochs are fine."""
        broken = next((point for point in points if not math.isfinite(point.train_loss)), None)
        losses = [point.train_loss for point in points if broken is None or point.epoch < broken.epoch]
        logarithms = smooth(np.log(np.maximum(losses[-MEMORY:], _SMALLEST)).tolist(), SMOOTHING)
        return cls(points, guessing, broken, np.exp(logarithms).tolist())

    @property
    def readable(self) -> bool:
        """Whether the curve is long enough to show a trend, and finite."""
        return self.broken is None and len(self.points) > WINDOW

    @property
    def recent(self) -> Sequence[Point]:
        """The points of the window."""
        return self.points[-WINDOW:]

    @property
    def end(self) -> float:
        """The smoothed loss of the last epoch."""
        return self.smoothed[-1]

    @property
    def improvement(self) -> float:
        """The share of its smoothed loss that the curve lost over the window; negative where it rose."""
        return 1.0 - self.end / self.smoothed[-1 - WINDOW]

    @property
    def falls(self) -> bool:
        """Whether the loss still falls."""
        return self.improvement >= FALLING

    @property
    def learned(self) -> bool:
        """Whether the network clearly knows something of the target."""
        return self.end < LEARNED * self.guessing

    @property
    def beats_guessing(self) -> bool:
        """Whether the loss is below that of guessing."""
        return self.end < (1.0 - MARGIN) * self.guessing

    @property
    def above_guessing(self) -> bool:
        """Whether the network is worse than one that guesses."""
        return self.end > (1.0 + MARGIN) * self.guessing

    @property
    def comes_down(self) -> bool:
        """Whether the loss is still on its way from a high start: nothing can be said yet."""
        return self.above_guessing and self.falls


Detector: TypeAlias = Callable[[Curve], Diagnosis | None]
"""Finds one kind of trouble in a curve, or nothing."""


def loss_of_guessing(task: str, classes: int) -> float:
    """Return the loss of answering without a look at the inputs, in the engine's units.

    All classes alike: log k; the mean of a standardised target: 1/2 * variance = 1/2.
    """
    return 0.5 if task == "regression" else math.log(max(classes, 2))


def weighed_guessing(said: ClassWeight, classes: Sequence[str], counts: Sequence[int]) -> float:
    """Return the least weighed loss of answering without a look at the inputs, given the examples of each class.

    The best answer to classes that weigh s_c of an example is s_c/s, s their sum: it has -sum(s_c log(s_c/s)), and
    log k where they are balanced.
    """
    shares = np.array(class_weights(said, classes, counts)) * counts / sum(counts)
    shares = shares[shares > 0.0]
    return float(-(shares * np.log(shares / shares.sum())).sum())
