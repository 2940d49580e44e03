"""Tests of Sobol's sequence, against scipy's."""

import numpy as np
import pytest
from scipy.stats import qmc

from app.domain.space import FloatParameter, Space
from app.samplers import Ask
from app.samplers.base import Quantiles
from app.samplers.philox import Words
from app.samplers.sobol import DIMENSIONS, SobolSampler, directions, points

NOTHING: Words = np.zeros(DIMENSIONS, np.uint64)


def drawn(axes: int, first: int, count: int, seed: int = 7) -> Quantiles:
    space = Space({f"p{axis:03}": FloatParameter(0.0, 1.0) for axis in range(axes)})
    return SobolSampler().propose(Ask(space, range(first, first + count), seed, 3))


def test_without_scrambling_the_points_of_each_power_of_two_are_those_of_scipy() -> None:
    columns = np.array([directions(dimension) for dimension in range(DIMENSIONS)], np.uint64).T
    oracle = qmc.Sobol(DIMENSIONS, scramble=False).random_base2(12)
    gray = [number ^ number >> 1 for number in range(2**12)]  # the order in which scipy counts
    assert np.array_equal(points(columns, gray, NOTHING), oracle)


@pytest.mark.parametrize("first", [0, 256, 999_936])
@pytest.mark.parametrize("seed", [0, 7, 2**63 - 1])
def test_each_block_has_one_point_in_each_part_of_each_axis(first: int, seed: int) -> None:
    parts = np.floor(drawn(30, first, 64, seed) * 64)
    assert np.array_equal(np.sort(parts, axis=0), np.repeat(np.arange(64.0)[:, None], 30, axis=1))


def test_the_first_two_axes_have_one_point_in_each_box_of_a_block() -> None:
    boxes = {tuple(box) for box in np.floor(drawn(2, 64, 64) * 8).tolist()}
    assert len(boxes) == 64


def test_the_discrepancy_is_that_of_the_scrambled_sequence_of_scipy_and_far_below_chance() -> None:
    ours = np.mean([qmc.discrepancy(drawn(6, 0, 256, seed)) for seed in range(5)])
    theirs = np.mean([qmc.discrepancy(qmc.Sobol(6, rng=seed).random(256)) for seed in range(5)])
    chance = np.mean([qmc.discrepancy(np.random.default_rng(seed).random((256, 6))) for seed in range(5)])
    assert 0.5 * theirs < ours < 2 * theirs < chance


def test_more_parameters_than_dimensions_are_a_fault() -> None:
    space = Space({f"p{axis}": FloatParameter(0.0, 1.0) for axis in range(DIMENSIONS + 1)})
    (fault,) = SobolSampler().faults({"kind": "sobol"}, space, {})
    assert fault.pointer == "/sampler/kind"
    assert "128 dimensions, but the space has 129 parameters" in fault.detail
