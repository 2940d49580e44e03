"""Tests of random search."""

import math
from itertools import pairwise

import pytest

from app.domain.space import FloatParameter, Parameter, Space
from app.samplers.random import RandomSampler

AXIS = FloatParameter(0.0, 1.0)


def draws(names: tuple[str, ...], count: int, seed: int = 7) -> dict[str, list[float]]:
    parameters: dict[str, Parameter] = dict.fromkeys(names, AXIS)
    space = Space(parameters)
    proposals = RandomSampler().propose(space, seed, range(count), ())
    return dict(zip(names, proposals.T.tolist(), strict=True))


def correlation(first: list[float], second: list[float]) -> float:
    return sum((a - 0.5) * (b - 0.5) for a, b in zip(first, second, strict=True)) * 12 / len(first)


def test_adding_or_removing_a_parameter_leaves_the_draws_of_the_others() -> None:
    assert draws(("l2", "beta1"), 50)["l2"] == draws(("epsilon", "l2"), 50)["l2"] == draws(("l2",), 50)["l2"]


@pytest.mark.parametrize("seed", [0, 1, 2**63 - 1])
def test_draws_are_uniform(seed: int) -> None:
    values = draws(("l2",), 4000, seed)["l2"]
    shares = [sum(low <= value < high for value in values) for low, high in pairwise(i / 10 for i in range(11))]
    chi_squared = sum((share - 400) ** 2 / 400 for share in shares)
    assert chi_squared < 27.9  # the 99.9 % point with 9 degrees of freedom


def test_parameters_neighbouring_trials_and_neighbouring_seeds_are_uncorrelated() -> None:
    one, other = draws(("l2", "beta1"), 4000).values()
    next_seed = draws(("l2",), 4000, seed=8)["l2"]
    limit = 4 / math.sqrt(4000)
    assert abs(correlation(one, other)) < limit
    assert abs(correlation(one[:-1], one[1:])) < limit
    assert abs(correlation(one, next_seed)) < limit


def test_the_draws_stay_what_they_were_in_earlier_versions() -> None:
    proposals = RandomSampler().propose(Space({"p0": AXIS, "p1": AXIS}), 7, [3], ())
    assert proposals.tolist() == [[0.2477180212084551, 0.7986158041182838]]
