"""Tests of grids: which values they have, and how large the share of each is."""

import math
from collections import Counter
from decimal import Decimal, getcontext
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from app.domain.grids import Grid
from app.domain.scales import Scale
from app.domain.space import FloatParameter, IntParameter, Space
from app.samplers import Ask
from app.samplers.random import RandomSampler

RULES = 2
BELOW_ONE = 1.0 - 2.0**-53
quantiles = st.floats(0.0, BELOW_ONE)

GRIDS: list[tuple[FloatParameter | IntParameter, list[str]]] = [
    (IntParameter(16, 64, "log", 16), ["16", "32", "48", "64"]),
    (IntParameter(16, 70, "log", 16), ["16", "32", "48", "64"]),
    (IntParameter(1, 9, "log"), list("123456789")),
    (IntParameter(2, 9, step=2), ["2", "4", "6", "8"]),
    (FloatParameter(0.1, 0.8, "linear", 0.1), [f"0.{n}" for n in range(1, 9)]),
    (FloatParameter(0.1, 0.8, "log", 0.1), [f"0.{n}" for n in range(1, 9)]),
    (FloatParameter(0.1, 0.8, "reverse_log", 0.1), [f"0.{n}" for n in range(1, 9)]),
    (FloatParameter(0.9, 0.999, "reverse_log", 0.0099), [str(Decimal(9_000 + 99 * n).scaleb(-4)) for n in range(11)]),
    (FloatParameter(-1.0, 0.5, "reverse_log", 0.5), ["-1", "-0.5", "0", "0.5"]),
    (FloatParameter(1e-3, 1e-2, "log", 3e-3), ["0.001", "0.004", "0.007", "0.01"]),
    (FloatParameter(1.0, 1000.0, "log", 111.0), [str(1 + 111 * n) for n in range(10)]),
]  # fmt: skip  # one line for each grid


def shares(values: list[str], scale: Scale, step: Decimal) -> list[float]:
    """The exact shares: equal; or of log10 over [x, x + step); or of log10(1 - x) over (x - step, x]."""
    getcontext().prec = 50
    points = [Decimal(value) for value in values]
    if scale == "linear":
        return [1 / len(points)] * len(points)
    if scale == "log":
        ends = [point.log10() for point in [*points, points[-1] + step]]
    else:
        ends = [(1 - point).log10() for point in [points[0] - step, *points]]
    return [float((high - low) / (ends[-1] - ends[0])) for low, high in pairwise(ends)]


@pytest.mark.parametrize(("parameter", "values"), GRIDS)
def test_each_value_of_a_grid_is_drawn_as_often_as_its_share_says(
    parameter: FloatParameter | IntParameter, values: list[str]
) -> None:
    step = Decimal(repr(parameter.step))
    expected = shares(values, parameter.scale, step)
    space, count = Space({"p": parameter}), 4_000
    proposed = RandomSampler().propose(Ask(space, range(count), 7, RULES))
    drawn = Counter(point["p"] for point in space.points(proposed.tolist(), {}, RULES))
    assert set(drawn) <= {float(value) for value in values}
    observed = [drawn[float(value)] for value in values]
    assert chisquare(observed, [share * count for share in expected]).pvalue > 1e-3


@pytest.mark.parametrize(("parameter", "values"), GRIDS)
def test_the_shares_are_exact(parameter: FloatParameter | IntParameter, values: list[str]) -> None:
    ends = [0.0]
    for share in shares(values, parameter.scale, Decimal(repr(parameter.step))):
        ends.append(ends[-1] + share)
    for value, (low, high) in zip(values, pairwise(ends), strict=True):
        assert parameter.at([low + 1e-12, min(high, 1.0) - 1e-12], RULES) == [float(value)] * 2


@pytest.mark.parametrize(("parameter", "values"), GRIDS)
def test_the_end_of_an_axis_is_the_last_value_of_its_grid(
    parameter: FloatParameter | IntParameter, values: list[str]
) -> None:
    assert [float(value) for value in parameter.at([0.0, 1.0], RULES)] == [float(values[0]), float(values[-1])]


@given(
    low=st.integers(-999, 999),
    steps=st.integers(1, 200),
    step=st.integers(1, 99),
    places=st.integers(0, 12),
    quantile=quantiles,
)
def test_a_value_is_what_its_decimals_say_and_is_on_its_grid(
    low: int, steps: int, step: int, places: int, quantile: float
) -> None:
    bounds = [Decimal(number).scaleb(-places) for number in (low, low + steps * step, step)]
    grid = Grid.of(*map(float, bounds))
    value = float(grid.at([quantile], "linear")[0])
    index = round((Decimal(repr(value)) - bounds[0]) / bounds[2])
    assert Decimal(repr(value)) == bounds[0] + index * bounds[2]
    assert 0 <= index <= steps
    assert grid.holds(value)


@given(low=st.floats(1e-300, 1e300), width=st.floats(1e-300, 1e300), share=st.floats(1e-6, 1.0), quantile=quantiles)
def test_a_log_grid_never_leaves_its_bounds(low: float, width: float, share: float, quantile: float) -> None:
    high, step = low + width, width * share
    if low < high and 0 < step <= high - low:
        value = FloatParameter(low, high, "log", step).at([quantile], RULES)[0]
        assert low <= value <= high


@given(low=st.floats(-1e300, 0.9), high=st.floats(-1e300, 0.999), share=st.floats(1e-6, 1.0), quantile=quantiles)
def test_a_reverse_log_grid_never_leaves_its_bounds(low: float, high: float, share: float, quantile: float) -> None:
    step = (high - low) * share
    if low < high and 0 < step <= high - low:
        value = FloatParameter(low, high, "reverse_log", step).at([quantile], RULES)[0]
        assert low <= value <= high


@given(first=quantiles, second=quantiles)
@pytest.mark.parametrize(("parameter", "values"), GRIDS)
def test_a_grid_rises_with_the_quantile(
    parameter: FloatParameter | IntParameter, values: list[str], first: float, second: float
) -> None:
    ends = sorted([first, second])
    low, high = parameter.at(ends, RULES)
    assert low <= high
    assert parameter.at([0.0, BELOW_ONE], RULES) == [float(values[0]), float(values[-1])]


@pytest.mark.parametrize("number", [0.1, 0.3, 0.7, 0.8])
def test_a_grid_holds_the_numbers_as_they_are_written(number: float) -> None:
    grid = Grid.of(0.1, 0.8, 0.1)
    assert grid.holds(number)
    assert not grid.holds(math.nextafter(number, 1.0))


def test_a_grid_does_not_hold_what_lies_beyond_it() -> None:
    grid = Grid.of(16, 64, 16)
    assert [grid.holds(number) for number in (0, 16, 24, 32.0, 64, 80)] == [False, True, False, True, True, False]


def test_grids_at_the_ends_of_doubles_do_not_overflow() -> None:
    top = FloatParameter(1e308, 1.7e308, "log", step=0.7e308)
    assert top.at([BELOW_ONE], RULES)[0] == 1.7e308
    bottom = FloatParameter(-1.7e308, -1e307, "reverse_log", step=1.6e308)
    assert bottom.at([0.0], RULES)[0] == -1.7e308
