"""Tests of Halton's sequence, against scipy's."""

import numpy as np
import pytest
from scipy.stats import qmc

from app.domain.space import FloatParameter, Space
from app.samplers import Ask
from app.samplers.halton import HaltonSampler, mirrored, primes


@pytest.mark.parametrize(("axis", "base"), list(enumerate([2, 3, 5, 7, 11, 13])))
def test_without_permutations_the_points_are_those_of_scipy(axis: int, base: int) -> None:
    plain = np.repeat(np.arange(base)[None, :], 16, axis=0)
    oracle = qmc.Halton(6, scramble=False).random(1000)[:, axis]
    assert np.allclose(mirrored(range(1000), plain), oracle, rtol=0, atol=1e-15)


@pytest.mark.parametrize("seed", [0, 7, 2**63 - 1])
@pytest.mark.parametrize("block", [0, 3, 1000])
def test_each_block_has_one_point_in_each_part_of_an_axis(seed: int, block: int) -> None:
    space = Space({name: FloatParameter(0.0, 1.0) for name in "cab"})
    for column, base in ((1, 2), (2, 3), (0, 5)):
        size = base**3
        rows = HaltonSampler().propose(Ask(space, range(block * size, (block + 1) * size), seed, 3))
        # A part's border may be met from below by one rounding.
        assert sorted(np.floor(rows[:, column] * size + 1e-9)) == list(range(size))


def test_the_primes_are_the_bases() -> None:
    found = primes()
    assert [next(found) for _ in range(30)][-3:] == [107, 109, 113]


def test_the_discrepancy_is_far_below_chance() -> None:
    space = Space({name: FloatParameter(0.0, 1.0) for name in "abcd"})
    rows = [HaltonSampler().propose(Ask(space, range(256), seed, 3)) for seed in range(5)]
    chance = [np.random.default_rng(seed).random((256, 4)) for seed in range(5)]
    assert np.mean([qmc.discrepancy(one) for one in rows]) < 0.3 * np.mean([qmc.discrepancy(one) for one in chance])
