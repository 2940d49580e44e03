"""Dropout's masks; docs and factors are with the layer."""

import numpy as np

from engine.arrays import Array
from engine.kernels.base import AnyArray, Kernel, reads, scratch, writes


def dropout_mask(words: AnyArray, last: AnyArray, scale: Array, stays: AnyArray, mask: Array) -> None:
    """mask = scale where a word is at most `last`, else 0; its last column, that of ones, is 1."""
    np.less_equal(words, last, out=stays)
    np.copyto(mask, stays)
    np.multiply(mask, scale, out=mask)
    mask[..., -1] = 1.0


DROPOUT_MASK = Kernel(
    dropout_mask,
    [reads("rmw", "words"), reads("r11", "words"), reads("r11"), scratch("rmw", "flags"), writes("rmw")],
)
