"""Tests of when numbers are one number, and when float32 makes one of numbers that are not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.rounding import MERGED, float32_merges

RNG = np.random.default_rng(4)

MERGING = {
    "serial numbers": 1e9 + np.arange(40.0),
    "times of a day": 1.7e9 + RNG.integers(0, 86_400, 300),
    "minutes of a year": 1.7e9 + 60.0 * RNG.integers(0, 525_600, 20_000),
    "random digits far from zero": 100.0 + RNG.random(70_000),
    "coordinates": 4_500_000.0 + RNG.random(500) * 100.0,
    "below float32": 1e-46 * np.arange(40.0),
    "two neighbours": np.array([16_777_216.0, 16_777_217.0] * 20),
    "neighbours that float32 holds": np.array([1.0, 1.0 + 2.0**-23] * 20),
    "beyond the rounding of float64": 1.0 + 2.0**-52 * np.arange(9.0 + 1.0),
}
KEPT = {
    "small numbers": RNG.normal(size=5000),
    "random digits": 1.0 + RNG.random(70_000),
    "tenths": np.arange(1000.0) / 10.0,
    "counts": np.arange(16_777_000.0, 16_777_217.0),
    "sixty-fours": 1e9 + 64.0 * np.arange(40.0),
    "one far value": np.append(RNG.normal(size=100), [1e9, 1e9 + 1.0]),
    "one value": np.full(30, 1e9 + 1.0),
    "rounding of float64": 1.0 + 2.0**-52 * np.arange(9.0),
    "nothing": np.zeros(0),
}


@pytest.mark.parametrize("values", MERGING.values(), ids=list(MERGING))
def test_float32_merges_what_lies_close_together_far_from_zero(values: np.ndarray) -> None:
    assert float32_merges(values, values)


@pytest.mark.parametrize("values", KEPT.values(), ids=list(KEPT))
def test_float32_keeps_apart_what_differs_by_a_share_of_its_spread(values: np.ndarray) -> None:
    assert not float32_merges(values, values)


def test_values_of_dev_and_test_count_by_the_deviation_of_train() -> None:
    train, near, far = np.arange(30.0), 1e9 + np.arange(30.0), np.array([1e9])
    assert float32_merges(train, np.concatenate([train, near]))
    assert not float32_merges(train, np.concatenate([train, far]))
    assert not float32_merges(np.zeros(30), near)  # what does not vary in train counts for nothing


@settings(deadline=None)
@given(
    st.sampled_from([0.0, 1.0, 1e5, 1e9, -1e12]),
    st.sampled_from([1e-46, 1e-3, 1.0, 1e4]),
    st.lists(st.integers(-1000, 1000), min_size=2, max_size=25),
)
def test_by_every_pair_float32_merges_values_that_differ(offset: float, step: float, steps: list[int]) -> None:
    values = offset + step * np.array(steps, np.float64)
    single, deviation = values.astype(np.float32), float((values / step).std()) * step
    apart = [
        abs(a - b) / deviation
        for a, c in zip(values, single, strict=True)
        for b, d in zip(values, single, strict=True)
        if c == d and deviation
    ]
    if float32_merges(values, values):
        # The other reason: all of it is within eight units in the last place of float32.
        assert max(apart) > MERGED or np.ptp(single) <= 8 * np.spacing(np.abs(single).max())
    elif np.ptp(values) > 8 * np.spacing(np.abs(values).max()):
        assert max(apart, default=0.0) <= MERGED * (1 + 1e-9)
