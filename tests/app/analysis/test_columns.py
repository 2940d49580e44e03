"""Tests that columns hold what the axes say of each value."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from app.analysis.columns import coordinates_of, values_of
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Parameter
from app.domain.values import Value

AXES: Sequence[tuple[Parameter, Sequence[Value]]] = [
    (FloatParameter(1e-4, 1.0, "log"), [1e-4, 0.0123, 1.0]),
    (FloatParameter(1e-4, 1.0, "log", zero_probability=0.25), [0.0, 1e-4, 0.5, 0]),
    (FloatParameter(0.9, 0.999, "reverse_log"), [0.9, 0.95, 0.999]),
    (FloatParameter(2.0, 2.0), [2.0]),
    (IntParameter(-10, 1000, "symmetric_log"), [-10, 0, 7, 1000]),
    (ChoiceParameter((16, 32, 64), ordered=True), [16, 64.0, 32]),
    (ChoiceParameter(("a", True, 1, [8, 4], None)), ["a", True, 1, [8, 4], (8, 4), None]),
]


@pytest.mark.parametrize(("axis", "drawn"), AXES)
def test_coordinates_are_those_of_each_value_and_nan_where_there_is_none(
    axis: Parameter, drawn: Sequence[Value]
) -> None:
    found = coordinates_of(axis, values_of(axis, "x", [{"x": value} for value in drawn]))
    np.testing.assert_array_equal(found, [axis.coordinate(value) for value in drawn])
    assert math.isnan(coordinates_of(axis, values_of(axis, "x", [{"x": drawn[0]}, {"y": 1}]))[1])
