"""Factors of covariance matrices: the inverse of a Cholesky factor, by which all else is a product of matrices."""

import numpy as np

from app.surrogates.matern import Matrix

_SMALL = 64
"""Triangles of so many rows are inverted at once."""


def whitener(covariance: Matrix) -> Matrix:
    """Return the lower triangle W for which W K W' is the unit matrix: the inverse of the Cholesky factor of K.

    Raises `LinAlgError` where K is not positive definite.
    """
    return _inverse(np.linalg.cholesky(covariance).astype(np.float64, copy=False))


def _inverse(lower: Matrix) -> Matrix:
    """Return the inverse of a lower triangle, by halves: NumPy itself would treat it as any other matrix."""
    size = len(lower)
    if size <= _SMALL:
        return np.tril(np.linalg.inv(lower))
    half = size // 2
    inverse = np.zeros_like(lower)
    inverse[:half, :half] = _inverse(lower[:half, :half])
    inverse[half:, half:] = _inverse(lower[half:, half:])
    inverse[half:, :half] = -inverse[half:, half:] @ (lower[half:, :half] @ inverse[:half, :half])
    return inverse
