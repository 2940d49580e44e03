"""How bytes become the numbers that they stand for: (x - mean)/scale in float64, rounded to float32.

Where multiplying by 1/scale gives the same bits it is faster, and then `by` is 1/scale.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Array, Indices
from engine.kernels.base import AnyArray, Kernel, reads, repeats, scratch, writes

Bytes = NDArray[np.uint8]


def gather_bytes_multiplied(
    out: Array, x: Bytes, rows: Indices, mean: Array, by: Array, fetched: Bytes, wide: Array
) -> None:
    """out = (x[rows] - mean)*by, and a one after each example."""
    _gather(np.multiply, out, x, rows, mean, by, fetched, wide)


def gather_bytes_divided(
    out: Array, x: Bytes, rows: Indices, mean: Array, by: Array, fetched: Bytes, wide: Array
) -> None:
    """out = (x[rows] - mean)/by, and a one after each example."""
    _gather(np.divide, out, x, rows, mean, by, fetched, wide)


def bytes_multiplied(out: Array, x: Bytes, mean: Array, by: Array, wide: Array) -> None:
    """out = (x - mean)*by, and a one after each example."""
    _compute(np.multiply, out, x, mean, by, wide)


def bytes_divided(out: Array, x: Bytes, mean: Array, by: Array, wide: Array) -> None:
    """out = (x - mean)/by, and a one after each example."""
    _compute(np.divide, out, x, mean, by, wide)


def _gather(  # noqa: PLR0913, PLR0917  # the arrays of the formula
    scaled: Callable[..., AnyArray],
    out: Array,
    x: Bytes,
    rows: Indices,
    mean: Array,
    by: Array,
    fetched: Bytes,
    wide: Array,
) -> None:
    """Fetch and compute as many examples at a time as `wide` holds."""
    flat, examples, most = out.reshape((-1, out.shape[-1]), copy=False), rows.reshape(-1), len(wide)
    for start in range(0, len(examples), most):
        some = examples[start : start + most]
        np.take(x, some, axis=0, out=fetched[: len(some)], mode="clip")
        _compute(scaled, flat[start : start + most], fetched[: len(some)], mean, by, wide)


def _compute(scaled: Callable[..., AnyArray], out: Array, x: Bytes, mean: Array, by: Array, wide: Array) -> None:
    for start in range(0, len(x), len(wide)):
        some, target = x[start : start + len(wide)], out[start : start + len(wide)]
        numbers = wide[: len(some)]
        np.copyto(numbers, some)
        np.subtract(numbers, mean[: len(some)], out=numbers)
        scaled(numbers, by[: len(some)], out=numbers)
        target[:, :-1] = numbers if out.dtype == np.float32 else numbers.astype(np.float32)
        target[:, -1] = 1.0


_GATHERING = [
    *(writes("rmN"), reads("en", "bytes"), reads("rm", "places", below="e")),
    *(repeats("on", "doubles"), repeats("on", "doubles"), scratch("on", "bytes"), scratch("on", "doubles")),
]
_COMPUTING = [
    *(writes("eN"), reads("en", "bytes"), repeats("on", "doubles"), repeats("on", "doubles"), scratch("on", "doubles")),
]

GATHER_BYTES_MULTIPLIED = Kernel(gather_bytes_multiplied, _GATHERING)
GATHER_BYTES_DIVIDED = Kernel(gather_bytes_divided, _GATHERING)
BYTES_MULTIPLIED = Kernel(bytes_multiplied, _COMPUTING)
BYTES_DIVIDED = Kernel(bytes_divided, _COMPUTING)
