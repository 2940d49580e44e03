"""The update of neighbouring rows that share an optimizer, penalties and clipping, bound to their memory."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, Workspace
from engine.clipping import Clipping
from engine.kernels import bind
from engine.layout import Layout
from engine.lr_decay import decay_factors, warmup_factors
from engine.optimizers import OPTIMIZERS, Factors
from engine.regularizers import PENALTIES
from engine.spec import Knobs, MemberSpec


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """How a member's weights move; rows of one rule lie together and are stepped together."""

    optimizer: str
    penalties: tuple[str, ...]
    clips: bool

    @classmethod
    def of(cls, spec: MemberSpec) -> "Rule":
        """Return the rule of a member."""
        penalties = tuple(name for name, kind in PENALTIES.items() if kind.applies(spec.knobs))
        return cls(spec.optimizer, penalties, spec.knobs.clip_norm > 0.0)


@dataclass(frozen=True, slots=True)
class Matrices:
    """A row for each member: weights (R, size), their gradient and the optimizer's moments (R, trained columns).

    `averages` (R, statistics) are the running sums of batch norm's moments.
    """

    weights: Array
    gradient: Array
    averages: Array
    moments: tuple[Array, ...]

    def rows(self, start: int, stop: int) -> "Matrices":
        """Return views of the rows start..stop."""
        part = slice(start, stop)
        moments = tuple(moment[part] for moment in self.moments)
        return Matrices(self.weights[part], self.gradient[part], self.averages[part], moments)


class Update:
    """One rule on the rows that follow it.

    Its loops go over all rows at once, one after the other: cutting and joining them was measured, and gained next to
    nothing (docs/decisions/0002-one-update-over-whole-rows.md).
    """

    def __init__(self, layout: Layout, specs: Sequence[MemberSpec], matrices: Matrices, workspace: Workspace) -> None:
        rule = Rule.of(specs[0])
        self._specs = specs
        self._optimizer = OPTIMIZERS[rule.optimizer]
        self._penalties = [PENALTIES[name] for name in rule.penalties]
        self._knobs = Knobs.columns([spec.knobs for spec in specs])
        # The others' learning rates stay as they are: factors of one took 11 us for each member and epoch.
        self._scheduled = [row for row, spec in enumerate(specs) if spec.decay != "none" or spec.knobs.warmup_epochs]
        weights, gradient = matrices.weights[:, : layout.trained], matrices.gradient
        scratch = workspace.array("update.scratch", gradient.shape)
        count = self._optimizer.factor_count
        self._numbers = np.zeros((count + len(self._penalties), len(specs), 1), workspace.dtype)
        self._penalise = [
            bind(penalty.add, weights[:, columns], gradient[:, columns], share, scratch[:, columns])
            for columns in (layer.weights for layer in layout.layers)
            for penalty, share in zip(self._penalties, self._numbers[count:], strict=True)
        ]
        self._clipping = Clipping(gradient, self._knobs["clip_norm"]) if rule.clips else None
        moments = matrices.moments[: self._optimizer.moments]
        self._move = bind(self._optimizer.step, weights, gradient, *moments, *self._numbers[:count], scratch)

    def begin_epoch(self, epochs: NDArray[np.int64], batches: Sequence[int]) -> None:
        """Compute the numbers of every step of the epoch; `epochs` (R,) counts the epochs done before."""
        updates = epochs * len(batches) + np.arange(1, len(batches) + 1)[:, np.newaxis]
        examples = np.asarray(batches, np.float64)[:, np.newaxis]
        factors = self._optimizer.factors(self._knobs, self._learning_rates(epochs, len(batches)), updates)
        shares = [penalty.strength(self._knobs) / examples for penalty in self._penalties]
        self._numbers_by_step = np.empty((len(batches), *self._numbers.shape), self._numbers.dtype)
        for place, numbers in enumerate((*factors, *shares)):
            self._numbers_by_step[:, place, :, 0] = numbers

    def _learning_rates(self, epochs: NDArray[np.int64], steps: int) -> Factors:
        """Return the learning rate of each step and member, (steps, R)."""
        alpha = np.empty((steps, len(self._specs)))
        alpha[...] = self._knobs["learning_rate"]
        for row in self._scheduled:
            spec, knobs, before = self._specs[row], self._specs[row].knobs, int(epochs[row])
            alpha[:, row] *= decay_factors(
                spec.decay, knobs.decay_rate, knobs.decay_every, spec.decay_by, before, steps
            )
            alpha[:, row] *= warmup_factors(knobs.warmup_epochs, before, steps)
        return alpha

    def step(self, number: int) -> None:
        """Take step `number` of the epoch, counted from 0."""
        self._numbers[...] = self._numbers_by_step[number]
        for penalise in self._penalise:
            penalise.run()
        if self._clipping is not None:
            self._clipping.run()
        self._move.run()
