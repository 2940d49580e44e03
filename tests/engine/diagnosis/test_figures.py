"""Tests of figures in sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diagnosis.figures import figure


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (10846.14, 4, "10,846"),
        (905.52, 2, "906"),
        (9224.998, 4, "9,225"),
        (0.041372, 4, "0.04137"),
        (0.0, 4, "0"),
        (1.25, 4, "1.25"),
        (-1234567.0, 4, "-1,234,567"),
        (3.0, 4, "3"),
        (1e-9, 2, "1e-09"),
        (float("inf"), 4, "inf"),
        (2e20, 4, "2e+20"),
    ],
)
def test_a_figure_reads_as_a_person_would_write_it(value: float, digits: int, text: str) -> None:
    assert figure(value, digits) == text


@given(st.floats(1e-300, 1e15) | st.floats(-1e15, -1e-300))
def test_a_figure_is_the_number_to_its_digits(value: float) -> None:
    assert float(figure(value).replace(",", "")) == pytest.approx(value, rel=5.1e-4)
