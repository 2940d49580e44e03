"""Which of the trained numbers a check looks at: all of them, or a sample that leaves out no array."""

from collections.abc import Iterator

import numpy as np

from engine.arrays import Indices
from engine.layout import Block, Layout


def trained_blocks(layout: Layout) -> Iterator[tuple[str, Block]]:
    """Yield the trained arrays as model files name them: W1, b1, gamma1, beta1, W2 and so on."""
    for number, layer in enumerate(layout.layers, 1):
        for name, block in layer.named():
            if block.start < layout.trained:
                yield f"{name}{number}", block


def sample(layout: Layout, most: int, rng: np.random.Generator) -> Indices:
    """Return trained columns in order, `most` at most, but at least one of each array.

    The number is shared out evenly among the arrays; what a small array does not need goes to larger ones.
    """
    blocks = sorted((block for _, block in trained_blocks(layout)), key=lambda block: block.stop - block.start)
    chosen, left = [], most
    for index, block in enumerate(blocks):
        size = block.stop - block.start
        share = min(size, max(left // (len(blocks) - index), 1))
        chosen.append(block.start + rng.choice(size, share, replace=False))
        left -= share
    return np.sort(np.concatenate(chosen))
