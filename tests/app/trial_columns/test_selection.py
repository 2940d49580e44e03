"""Tests of the first trials in order among many, where a sample judges which of them can be on the page."""

from math import isnan

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.trial_columns.column import Keys
from app.trial_columns.selection import Mask, first_in_order

shares = st.sampled_from([0.0, 0.001, 0.5, 1.0])


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.sampled_from([1, 500, 8192, 30_000]),
    different=st.sampled_from([1, 2, 1000, 10**9]),
    missing=shares,
    fitting=st.none() | shares,
    descending=st.booleans(),
    limit=st.sampled_from([1, 51, 501]),
)
def test_of_many_trials_the_first_ones_are_those_of_a_full_sort(
    seed: int, count: int, different: int, missing: float, fitting: float | None, descending: bool, limit: int
) -> None:
    rng = np.random.default_rng(seed)
    keys: Keys = rng.integers(-different, different, count).astype(np.float64)
    keys[rng.random(count) < missing] = np.nan
    mask: Mask | None = None if fitting is None else rng.random(count) < fitting
    found = first_in_order(keys, mask, limit, descending=descending)
    sign = -1.0 if descending else 1.0
    fits = [number for number in range(count) if mask is None or mask[number]]
    order = sorted(fits, key=lambda one: (isnan(keys[one]), 0.0 if isnan(keys[one]) else sign * keys[one], one))
    assert found.tolist() == order[:limit]
