"""What the members of a stack answer on one part of the data, and what several metrics are made of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, Indices
from engine.losses.base import Loss
from engine.metrics.confusion import Confusion
from engine.metrics.ranking import Ranking
from engine.metrics.residuals import Residuals

NO_LOGITS: Array = np.zeros((0, 0, 0))
"""Where only sums are asked for."""


@dataclass(frozen=True, eq=False)  # no slots: what is computed once lies beside the fields
class Answers:
    """The answers of R members to n examples.

    `loss` is the mean loss and `misses` the count of wrong answers of each member, float64 (R,); `logits` are
    (R, outputs, n), class by class, or `NO_LOGITS`. `y` (n,) holds labels, or the numbers of a regression in their own
    unit, in which an answer is its logit times `scale`, plus `mean`. `output` is the loss that trained them.
    """

    output: Loss
    y: NDArray[Any]
    loss: Array
    misses: Array
    logits: Array
    mean: float = 0.0
    scale: float = 1.0

    @classmethod
    def joined(cls, answers: Sequence["Answers"]) -> "Answers":
        """Return the answers of several stacks, at least one, to the same part as those of one stack."""
        loss, misses, logits = (
            np.concatenate([getattr(one, name) for one in answers]) for name in ("loss", "misses", "logits")
        )
        return replace(answers[0], loss=loss, misses=misses, logits=logits)

    def of_rows(self, rows: NDArray[Any]) -> "Answers":
        """Return the answers to some of the examples; losses and misses stay those of all."""
        return replace(self, y=self.y[rows], logits=self.logits[..., rows])

    @cached_property
    def finite(self) -> NDArray[np.bool_]:
        """Whether all logits of a member are numbers, (R,): if not, what is made of them is undefined."""
        return np.asarray(np.isfinite(self.logits).all(axis=(1, 2)))

    @cached_property
    def labels(self) -> Indices:
        """The classes of the examples, (n,)."""
        return self.y.astype(np.intp)

    @cached_property
    def probabilities(self) -> NDArray[np.float64]:
        """The probability of each class, (R, classes, n), or of class 1 alone where there are two, (R, 1, n)."""
        logits = self.logits.astype(np.float64).swapaxes(1, 2)
        return np.ascontiguousarray(self.output.probabilities(logits).swapaxes(1, 2))

    @cached_property
    def answered(self) -> Indices:
        """The classes that were answered, (R, n): by the logits, of which two that differ may have one probability."""
        two = self.logits.shape[1] == 1
        return (self.logits[:, 0] > 0.0).astype(np.intp) if two else self.logits.argmax(axis=1)

    @cached_property
    def confusion(self) -> Confusion:
        """How often each class is there, was answered, and was answered rightly."""
        return Confusion.of(self.answered, self.labels, classes=max(self.logits.shape[1], 2))

    @cached_property
    def ranking(self) -> Ranking:
        """Where the examples of a class stand among all: of each class, or of class 1 where there are two."""
        return Ranking.of(self.probabilities, self.labels)

    @cached_property
    def residuals(self) -> Residuals:
        """How far the answers of a regression are off, in the target's unit."""
        return Residuals(self.y, self.logits[:, 0].astype(np.float64) * self.scale + self.mean)
