"""How long the gradient of each layer is in an epoch: what tells vanishing and exploding gradients."""

import numpy as np

from engine.arrays import Array
from engine.clipping import squared_lengths
from engine.layout import Layout

SAMPLES = 8
"""Mini-batches of an epoch that are looked at, evenly spread: the norms of all would cost a pass over each gradient."""


class GradientNorms:
    """The root mean square, over some mini-batches of an epoch, of the norm of each layer's gradient."""

    def __init__(self, layout: Layout, gradient: Array, steps: int) -> None:
        self._layers = [gradient[:, layer.trained] for layer in layout.layers]
        self._sampled = frozenset(np.linspace(0, steps - 1, min(SAMPLES, steps)).astype(int).tolist())
        self._sums = np.zeros((len(self._layers), len(gradient)))

    def begin_epoch(self) -> None:
        """Forget the epoch before."""
        self._sums[...] = 0.0

    def look(self, step: int) -> None:
        """Take in the gradient of step `step`, counted from 0, if it is among those looked at."""
        if step in self._sampled:
            self._sums += [squared_lengths(gradient) for gradient in self._layers]

    def of_member(self, row: int) -> tuple[float, ...]:
        """Return the norms of one member, a number for each layer, from the input side."""
        return tuple(float(norm) for norm in np.sqrt(self._sums[:, row] / len(self._sampled)))
