"""Batch norm's passes between its means, which are matrix products; the formulas are with the layer."""

import numpy as np

from engine.arrays import Array
from engine.kernels.base import Kernel, changes, reads, scratch, writes

EPSILON = 1e-5
"""What is added to a variance, so that a unit that is always the same does not divide by zero."""


def norm_centre(average: Array, z: Array, mean: Array, squares: Array, runs: Array) -> None:
    """z -= average, whose last column becomes 0; mean is its other columns, and squares z^2."""
    average[..., -1] = 0.0
    mean[...] = average[:, 0, :-1]
    long_z = _as_runs(z, runs)
    np.subtract(long_z, _spread(average, runs), out=long_z)
    np.multiply(z, z, out=squares)


def norm_scale(  # noqa: PLR0913, PLR0917  # the arrays of the formula
    average: Array,
    z: Array,
    gamma: Array,
    beta: Array,
    variance: Array,
    inverse: Array,
    scale: Array,
    y: Array,
    runs: Array,
) -> None:
    """inverse = 1/sqrt(average + EPSILON), scale = gamma*inverse, y = scale*z + beta; the last column of z passes."""
    variance[...] = average[:, 0, :-1]
    # Over whole rows: on views without the last column these small operations take twice as long.
    np.add(average, EPSILON, out=inverse)
    np.sqrt(inverse, out=inverse)
    np.reciprocal(inverse, out=inverse)
    inverse[..., -1] = 1.0
    scale[:, 0, :-1], scale[..., -1] = gamma, 1.0
    np.multiply(scale, inverse, out=scale)
    long_y = _as_runs(y, runs)
    np.multiply(_as_runs(z, runs), _spread(scale, runs), out=long_y)
    average[:, 0, :-1], average[..., -1] = beta, 0.0
    np.add(long_y, _spread(average, runs), out=long_y)


def norm_backward(  # noqa: PLR0913, PLR0917  # as above
    dy: Array,
    z: Array,
    row: Array,
    other: Array,
    inverse: Array,
    scale: Array,
    examples: Array,
    dgamma: Array,
    dbeta: Array,
    product: Array,
    runs: Array,
) -> None:
    """dy = (dy - z*row' - other')*scale, where row, the sum of dy*z, and other, that of dy, become row' and other'."""
    np.multiply(row, inverse, out=row)
    dgamma[...], dbeta[...] = row[:, 0, :-1], other[:, 0, :-1]
    np.multiply(row, inverse, out=row)
    np.divide(row, examples, out=row)
    np.divide(other, examples, out=other)
    long_dy, long_product = _as_runs(dy, runs), _as_runs(product, runs)
    np.multiply(_as_runs(z, runs), _spread(row, runs), out=long_product)
    np.subtract(long_dy, long_product, out=long_dy)
    np.subtract(long_dy, _spread(other, runs), out=long_dy)
    np.multiply(long_dy, _spread(scale, runs), out=long_dy)


def norm_averaged(values: Array, gamma: Array, beta: Array, mean: Array, variance: Array) -> None:
    """scale = gamma/sqrt(variance + EPSILON); values = values*scale + (beta - mean*scale), but for the last column."""
    scale = gamma / np.sqrt(variance + EPSILON)
    shift = beta - mean * scale
    features = values[..., :-1]
    np.multiply(features, scale[:, np.newaxis], out=features)
    np.add(features, shift[:, np.newaxis], out=features)


def _as_runs(signal: Array, runs: Array) -> Array:
    """Return a contiguous signal (R, m, w) as it fits the copies of a row side by side, (R, copies, w)."""
    return signal.reshape(len(signal), -1, runs.shape[1] * runs.shape[2], copy=False)


def _spread(row: Array, runs: Array) -> Array:
    """Copy a row (R, 1, w) side by side; return it as one long row.

    NumPy broadcasts a row over the examples in runs of w numbers, and spends more on starting a run than on the
    numbers; several copies of the row side by side make such an operation twice as fast, and change no bit.
    """
    runs[...] = row
    return runs.reshape(len(runs), 1, -1, copy=False)


_RUNS = scratch("r?N")  # a number of copies that divides that of the examples

NORM_CENTRE = Kernel(norm_centre, [changes("r1N"), changes("rmN"), writes("rn"), writes("rmN"), _RUNS])
NORM_SCALE = Kernel(
    norm_scale,
    [changes("r1N"), reads("rmN"), *[reads("rn")] * 2, writes("rn"), *[writes("r1N")] * 2, writes("rmN"), _RUNS],
)
NORM_BACKWARD = Kernel(
    norm_backward,
    [
        *(changes("rmN"), reads("rmN"), changes("r1N"), changes("r1N"), reads("r1N"), reads("r1N"), reads("r11")),
        *(writes("rn"), writes("rn"), scratch("rmN"), _RUNS),
    ],
)
NORM_AVERAGED = Kernel(norm_averaged, [changes("rmN"), *[reads("rn")] * 4])
