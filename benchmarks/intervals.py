"""The mean of a few measurements with its interval."""

from collections.abc import Sequence
from statistics import fmean, stdev

from scipy.stats import t


def show_interval(values: Sequence[float]) -> str:
    """Return the mean with the 95 % interval of Student's t; of a single value there is none."""
    mean = fmean(values)
    if len(values) == 1:
        return f"{mean:.4f} (one value: no interval)"
    half = float(t.ppf(0.975, len(values) - 1)) * stdev(values) / len(values) ** 0.5
    return f"{mean:.4f} ({mean - half:.4f}..{mean + half:.4f})"
