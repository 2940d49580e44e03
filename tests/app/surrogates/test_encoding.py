"""Tests of the encoding of points."""

import numpy as np

from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Space
from app.surrogates.encoding import Encoding

SPACE = Space(
    {
        "optimizer": ChoiceParameter(("adam", "sgd")),
        "beta1": FloatParameter(0.5, 0.9, when={"optimizer": ["adam"]}),
        "learning_rate": FloatParameter(1e-4, 1.0, "log"),
        "batch_size": IntParameter(16, 48),
    }
)


def test_numbers_have_coordinates_on_their_scales_and_choices_their_positions() -> None:
    points = Encoding.of(SPACE).encode(
        [
            {"optimizer": "adam", "beta1": 0.7, "learning_rate": 0.01, "batch_size": 16},
            {"optimizer": "sgd", "learning_rate": 1.0, "batch_size": 32},
        ]
    )
    assert np.allclose(points.numbers, [[0.5, 0.5, 0.0], [np.nan, 1.0, 0.5]], equal_nan=True)
    assert points.categories.tolist() == [[0], [1]]


def test_no_points_and_no_parameters_have_arrays_without_rows_and_columns() -> None:
    none = Encoding.of(SPACE).encode([])
    assert (none.numbers.shape, none.categories.shape) == ((0, 3), (0, 1))
    assert Encoding.of(Space({})).encode([{}, {}]).numbers.shape == (2, 0)


def test_a_parameter_that_is_left_out_is_minus_one_among_categories() -> None:
    assert Encoding.of(SPACE).encode([{"learning_rate": 0.1}]).categories.tolist() == [[-1]]
