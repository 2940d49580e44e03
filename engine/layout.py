"""Where the numbers of a network lie in a member's row: first what is trained, then the statistics of batch norm."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.arrays import Array, Shape


@dataclass(frozen=True, slots=True)
class Block:
    """The columns from `start` on that hold an array of `shape`, row by row of it."""

    start: int
    shape: Shape

    @property
    def stop(self) -> int:
        """The first column after it."""
        return self.start + math.prod(self.shape)

    @property
    def columns(self) -> slice:
        """Its columns."""
        return slice(self.start, self.stop)

    def of(self, rows: Array) -> Array:
        """Return the array of each of `rows` (R, columns), a view (R, *shape)."""
        return rows[:, self.columns].reshape(len(rows), *self.shape, copy=False)


@dataclass(frozen=True, slots=True)
class NormBlocks:
    """What batch norm has for one layer, (n_out,) each: gamma and beta are trained, the others averaged."""

    gamma: Block
    beta: Block
    mean: Block
    variance: Block


@dataclass(frozen=True, slots=True)
class LayerBlocks:
    """One layer: `dense` is (n_in + 1, n_out) with the bias as its last row; under batch norm there is no such row."""

    n_in: int
    n_out: int
    dense: Block
    norm: NormBlocks | None

    @property
    def weights(self) -> slice:
        """The columns that penalties touch: the weights without bias, gamma and beta."""
        return slice(self.dense.start, self.dense.start + self.n_in * self.n_out)

    @property
    def trained(self) -> slice:
        """The columns of all that is trained."""
        return slice(self.dense.start, self.norm.beta.stop if self.norm else self.dense.stop)

    def named(self) -> Iterator[tuple[str, Block]]:
        """Yield the arrays of the layer as model files name them: W and b, or W, gamma, beta, mean and variance."""
        yield "W", Block(self.dense.start, (self.n_in, self.n_out))
        if self.norm is None:
            yield "b", Block(self.weights.stop, (self.n_out,))
        else:
            yield from (
                ("gamma", self.norm.gamma),
                ("beta", self.norm.beta),
                ("mean", self.norm.mean),
                ("variance", self.norm.variance),
            )


@dataclass(frozen=True, slots=True)
class Layout:
    """The layers of a network; `trained` columns come first, and a row has `size` of them in all."""

    layers: Sequence[LayerBlocks]
    trained: int
    size: int

    @classmethod
    def of(cls, widths: Sequence[int], *, batch_norm: bool) -> "Layout":
        """Lay out a network of these widths, inputs and outputs included; the output layer has no batch norm."""
        hidden = len(widths) - 2 if batch_norm else 0
        sizes = [(n_in, n_out, number < hidden) for number, (n_in, n_out) in enumerate(pairwise(widths))]
        trained = sum(n_in * n_out + (2 if norm else 1) * n_out for n_in, n_out, norm in sizes)
        layers, start, statistics = [], 0, trained
        for n_in, n_out, norm in sizes:
            dense = Block(start, (n_in if norm else n_in + 1, n_out))
            blocks = _norm_blocks(dense.stop, statistics, n_out) if norm else None
            layers.append(LayerBlocks(n_in, n_out, dense, blocks))
            start = layers[-1].trained.stop
            statistics += 2 * n_out if norm else 0
        return cls(tuple(layers), trained, statistics)

    @property
    def statistics(self) -> slice:
        """The columns that batch norm averages and nothing trains."""
        return slice(self.trained, self.size)

    def named(self, rows: Array) -> Mapping[str, Array]:
        """Return the arrays of `rows` (R, size) under the names W1, b1, W2, ..., views (R, ...)."""
        return {
            f"{name}{number}": block.of(rows)
            for number, layer in enumerate(self.layers, 1)
            for name, block in layer.named()
        }


def _norm_blocks(start: int, statistics: int, n_out: int) -> NormBlocks:
    places = (start, start + n_out, statistics, statistics + n_out)
    return NormBlocks(*(Block(place, (n_out,)) for place in places))
