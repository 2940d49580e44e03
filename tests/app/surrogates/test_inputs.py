"""Vectors have the distances that their parameters say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.surrogates import Embedding

coordinates = st.floats(0.0, 1.0)


def distance(embedding: Embedding, one: tuple[list[float], list[int]], other: tuple[list[float], list[int]]) -> float:
    vectors = embedding.vectors(np.array([one[0], other[0]]), np.array([one[1], other[1]], np.int_))
    return float(np.linalg.norm(vectors[0] - vectors[1]))


@given(coordinates, coordinates)
def test_two_numbers_are_as_far_apart_as_their_coordinates(one: float, other: float) -> None:
    assert distance(Embedding(1, []), ([one], []), ([other], [])) == pytest.approx(abs(one - other))


@given(st.integers(-1, 3), st.integers(-1, 3))
def test_two_categories_are_1_apart_and_none_is_a_category_of_its_own(one: int, other: int) -> None:
    assert distance(Embedding(0, [4]), ([], [one]), ([], [other])) == pytest.approx(float(one != other))


@given(coordinates)
def test_an_inactive_number_is_about_1_from_every_active_one_and_at_no_distance_from_itself(one: float) -> None:
    assert 0.86 < distance(Embedding(1, []), ([one], []), ([np.nan], [])) <= 1.0 + 1e-12
    assert distance(Embedding(1, []), ([np.nan], []), ([np.nan], [])) == 0.0


def test_each_column_belongs_to_its_parameter() -> None:
    assert Embedding(2, [2, 3]).owners.tolist() == [0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 3]
    assert Embedding(2, [2, 3]).vectors(np.zeros((5, 2)), np.zeros((5, 2), np.int_)).shape == (5, 11)


def test_a_space_without_parameters_has_vectors_without_columns() -> None:
    assert Embedding(0, []).vectors(np.zeros((4, 0)), np.zeros((4, 0), np.int_)).shape == (4, 0)
