"""The update of neighbouring rows that share an optimizer and penalties, bound to their memory."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, Workspace
from engine.network import Network
from engine.optimizers import OPTIMIZERS, Factors, KnobColumns
from engine.regularizers import PENALTIES
from engine.spec import MemberSpec


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """How a member's weights move; rows of one rule lie together and are stepped together."""

    optimizer: str
    penalties: tuple[str, ...]

    @classmethod
    def of(cls, spec: MemberSpec) -> "Rule":
        """Return the rule of a member."""
        return cls(spec.optimizer, tuple(name for name, kind in PENALTIES.items() if kind.applies(spec.knobs)))


@dataclass(frozen=True, slots=True)
class Matrices:
    """Weights, their gradient and the optimizer's moments, (R, size) each."""

    weights: Array
    gradient: Array
    moments: tuple[Array, ...]

    def rows(self, start: int, stop: int) -> "Matrices":
        """Return views of the rows start..stop."""
        moments = tuple(moment[start:stop] for moment in self.moments)
        return Matrices(self.weights[start:stop], self.gradient[start:stop], moments)


class Update:
    """One rule on the rows that follow it.

    Its operations go over all rows at once: cutting them into runs of columns that fit the cache was measured, and
    gained nothing.
    """

    def __init__(self, network: Network, specs: Sequence[MemberSpec], matrices: Matrices, workspace: Workspace) -> None:
        rule = Rule.of(specs[0])
        self._optimizer = OPTIMIZERS[rule.optimizer]
        self._penalties = [PENALTIES[name] for name in rule.penalties]
        self._knobs = KnobColumns.of([spec.knobs for spec in specs])
        self._matrices = matrices
        self._moments = matrices.moments[: self._optimizer.moments]
        self._scratch = workspace.array("update.scratch", matrices.weights.shape)
        self._penalised = [
            (matrices.weights[:, columns], matrices.gradient[:, columns], self._scratch[:, columns])
            for columns in network.weight_columns
        ]

    def begin_epoch(self, epochs: NDArray[np.int64], batches: Sequence[int]) -> None:
        """Compute the numbers of every step of the epoch; `epochs` (R,) counts the epochs done before."""
        updates = epochs * len(batches) + np.arange(1, len(batches) + 1)[:, np.newaxis]
        alpha = np.broadcast_to(self._knobs.learning_rate, updates.shape)
        examples = np.asarray(batches, np.float64)[:, np.newaxis]
        shares = [penalty.strength(self._knobs) / examples for penalty in self._penalties]
        self._factors = self._by_step(self._optimizer.factors(self._knobs, alpha, updates), len(batches))
        self._shares = self._by_step(shares, len(batches))

    def _by_step(self, factors: Sequence[Factors], steps: int) -> list[tuple[Array, ...]]:
        """Turn arrays (steps, R) into columns (R, 1) for each step."""
        columns = [factor[:, :, np.newaxis].astype(self._scratch.dtype) for factor in factors]
        return list(zip(*columns, strict=True)) if columns else [()] * steps

    def step(self, number: int) -> None:
        """Take step `number` of the epoch, counted from 0."""
        for penalty, share in zip(self._penalties, self._shares[number], strict=True):
            for w, g, scratch in self._penalised:
                penalty.add(w, g, share, scratch)
        self._optimizer.step(
            self._matrices.weights,
            self._matrices.gradient,
            self._moments,
            self._factors[number],
            self._scratch,
        )
