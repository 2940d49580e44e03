"""Normal scores: costs as a Gaussian process likes them, whatever their units, tails and outliers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.surrogates.normal import quantiles


def normal_scores(costs: Sequence[float]) -> NDArray[np.float64]:
    """Return the normal quantile of (rank + 1/2) / n for each of n costs, lower costs first; equal ones share a score.

    Costs may be infinite (a trial that diverged is worse than all others), but not NaN.
    """
    order = np.asarray(costs, np.float64)
    _, place, shared = np.unique(order, return_inverse=True, return_counts=True)
    middle = np.cumsum(shared) - shared / 2  # rank + 1/2, the mean of those that are equal
    scores = quantiles(middle / len(order))
    return scores[place] if len(order) else scores
