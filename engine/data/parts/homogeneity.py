"""Two-sample tests: how far apart two samples are, and how often chance alone would part them so far."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TERMS = np.arange(1, 101)
_SURELY = 0.1  # below it the Kolmogorov distribution's tail is 1 to the last bit
_FEWEST_EXPECTED = 5.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """A distance between 0 (alike) and 1 (nothing in common), and the p-value of no difference."""

    distance: float
    p_value: float


def kolmogorov_smirnov(one: NDArray[Any], other: NDArray[Any]) -> Comparison:
    """Compare two samples of numbers by the largest gap of their distribution functions.

    The p-value is the asymptotic one (Kolmogorov 1933, Smirnov 1948), which errs on the side of no difference for
    small samples and for ties. Both samples need a number.
    """
    bytes_alone = one.dtype == other.dtype == np.uint8
    first, second = _shares_of_bytes(one, other) if bytes_alone else _shares(one, other)
    distance = float(np.abs(first - second).max())
    scale = math.sqrt(len(one) * len(other) / (len(one) + len(other)))
    return Comparison(distance, kolmogorov_tail(distance * scale))


def _shares(*samples: NDArray[Any]) -> list[NDArray[np.float64]]:
    """Return the share of each sample up to every number that is in one of them."""
    both = np.concatenate(samples)
    return [np.searchsorted(np.sort(sample), both, side="right") / len(sample) for sample in samples]


def _shares_of_bytes(*samples: NDArray[Any]) -> list[NDArray[np.float64]]:
    """Return the share of each sample up to every byte: the same distances, without sorting."""
    return [np.cumsum(np.bincount(sample, minlength=256)) / len(sample) for sample in samples]


def kolmogorov_tail(x: float) -> float:
    """Return P(K > x) of the Kolmogorov distribution: 2 sum over k of (-1)^(k-1) exp(-2 k^2 x^2)."""
    if x < _SURELY:
        return 1.0
    signs = np.where(_TERMS % 2 == 1, 1.0, -1.0)
    return min(max(2.0 * float(signs @ np.exp(-2.0 * (_TERMS * x) ** 2)), 0.0), 1.0)


def compare_counts(counts: NDArray[np.int64]) -> Comparison:
    """Compare two samples of categories, given as counts (2, categories): total variation distance and chi-square.

    For the p-value, categories of which the smaller sample should have fewer than five are counted as one, since the
    chi-square distribution is no guide to such (Cochran 1954). Both samples need a row.
    """
    shares = counts / counts.sum(axis=1, keepdims=True)
    distance = float(0.5 * np.abs(shares[0] - shares[1]).sum())
    expected = counts.sum(axis=0) * (counts.sum(axis=1).min() / counts.sum())
    rare = expected < _FEWEST_EXPECTED
    pooled = np.column_stack([counts[:, ~rare], counts[:, rare].sum(axis=1)])
    statistic, freedom = chi_square(pooled[:, pooled.sum(axis=0) > 0])
    return Comparison(distance, chi_square_tail(statistic, freedom))


def chi_square(counts: NDArray[np.int64]) -> tuple[float, int]:
    """Return Pearson's statistic of homogeneity, and its degrees of freedom, for counts (2, categories) without zeros.

    With one degree of freedom, Yates's correction is made: each deviation shrinks by 1/2, but not below zero.
    """
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    deviation, freedom = np.abs(counts - expected), counts.shape[1] - 1
    if freedom == 1:
        deviation = np.maximum(deviation - 0.5, 0.0)
    return float((deviation**2 / expected).sum()), freedom


def chi_square_tail(x: float, freedom: int) -> float:
    """Return P(X > x) of the chi-square distribution, by the finite sums for whole degrees of freedom.

    Even: exp(-x/2) sum over i < n/2 of (x/2)^i / i!; odd: erfc(sqrt(x/2)) plus the like sum over half numbers
    (Abramowitz and Stegun 26.4.4 and 26.4.5).
    """
    half = 0.5 * x
    if half <= 0.0:
        return 1.0
    odd = freedom % 2
    powers = np.arange(freedom // 2) + 0.5 * odd
    logs = [power * math.log(half) - half - math.lgamma(power + 1.0) for power in powers]
    return min(math.fsum(math.exp(log) for log in logs) + odd * math.erfc(math.sqrt(half)), 1.0)
