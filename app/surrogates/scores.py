"""Normal scores: costs as a Gaussian process likes them, whatever their units, tails and outliers."""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray


def normal_scores(costs: Sequence[float]) -> NDArray[np.float64]:
    """Return the normal quantile of (rank + 1/2) / n for each of n costs, lower costs first; equal ones share a score.

    Costs may be infinite (a trial that diverged is worse than all others), but not NaN.
    """
    order = np.asarray(costs, np.float64)
    _, place, shared = np.unique(order, return_inverse=True, return_counts=True)
    middle = np.cumsum(shared) - shared / 2  # rank + 1/2, the mean of those that are equal
    normal = NormalDist()
    scores = np.array([normal.inv_cdf(share) for share in (middle / len(order)).tolist()])
    return scores[place] if len(order) else scores
