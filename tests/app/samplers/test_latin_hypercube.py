"""Tests of Latin hypercubes."""

import numpy as np
import pytest
from scipy.stats import qmc

from app.domain.space import FloatParameter, Space
from app.samplers import Ask
from app.samplers.latin_hypercube import LatinHypercubeSampler

SPACE = Space({name: FloatParameter(0.0, 1.0) for name in "abcd"})


@pytest.mark.parametrize("size", [2, 10, 64])
@pytest.mark.parametrize("block", [0, 5])
def test_each_block_has_one_point_in_each_part_of_each_axis(size: int, block: int) -> None:
    numbers = range(block * size, (block + 1) * size)
    rows = LatinHypercubeSampler().propose(Ask(SPACE, numbers, 7, 3, options={"block": size}))
    assert np.array_equal(np.sort(np.floor(rows * size), axis=0), np.repeat(np.arange(size)[:, None], 4, axis=1))


def test_axes_and_blocks_are_permuted_independently() -> None:
    rows = LatinHypercubeSampler().propose(Ask(SPACE, range(128), 7, 3))
    assert np.all(np.abs(np.corrcoef(np.hstack([rows[:64], rows[64:]]).T) - np.eye(8)) < 0.5)


def test_the_discrepancy_is_that_of_the_hypercubes_of_scipy() -> None:
    sampler = LatinHypercubeSampler()
    ours = np.mean([qmc.discrepancy(sampler.propose(Ask(SPACE, range(64), seed, 3))) for seed in range(20)])
    theirs = np.mean([qmc.discrepancy(qmc.LatinHypercube(4, rng=seed).random(64)) for seed in range(20)])
    assert 0.7 * theirs < ours < 1.4 * theirs
