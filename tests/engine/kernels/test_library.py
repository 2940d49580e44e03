"""Compiled loops on arrays of all shapes."""

import weakref

import numpy as np
import pytest

from engine.kernels.library import Library
from engine.kernels.switch import load


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_a_loop_over_nothing_does_nothing(library: Library, shape: tuple[int, int]) -> None:
    w, g, alpha = np.zeros(shape), np.ones(shape), np.ones((shape[0], 1))
    run = library.tied("sgd", [w, g, alpha, np.empty(shape)])

    assert run is not None
    run()
    assert not w.any()


def test_a_member_without_columns_beside_it_is_left_alone(library: Library) -> None:
    memory = np.full((3, 5), 7.0)
    run = library.tied("sgd", [memory[1:2, 1:4], np.ones((1, 3)), np.ones((1, 1)), np.empty((1, 3))])

    assert run is not None
    run()
    expected = np.full((3, 5), 7.0)
    expected[1, 1:4] = 6.0
    np.testing.assert_array_equal(memory, expected)


def test_there_is_no_loop_for_another_type_or_another_name(library: Library) -> None:
    arrays = [np.zeros((2, 2))] * 4

    assert library.tied("nothing", arrays) is None
    assert library.tied("sgd", [array.astype(np.float16) for array in arrays]) is None
    assert library.tied("sgd", [arrays[0].astype(np.float32), *arrays[1:]]) is None


def test_a_loop_that_is_left_out_does_not_run(library: Library) -> None:
    arrays = [np.zeros((2, 2)), np.zeros((2, 2)), np.zeros((2, 1)), np.zeros((2, 2))]

    assert library.tied("sgd", arrays) is not None
    assert library.without(["sgd"]).tied("sgd", arrays) is None
    assert library.without(["adam"]).tied("sgd", arrays) is not None


def test_unaligned_arrays_are_left_to_numpy(library: Library) -> None:
    memory = np.zeros(2 * 8 * 4 + 1, np.uint8)[1:].view(np.float64).reshape(2, 4)
    assert not memory.flags.aligned

    assert library.tied("sgd", [memory, np.zeros((2, 4)), np.zeros((2, 1)), np.zeros((2, 4))]) is None


def test_what_runs_a_loop_keeps_its_arrays_alive(library: Library) -> None:
    values, rows = np.zeros((1, 3, 2), np.float32), np.zeros((1, 3), np.int64)
    run = library.tied("gather", [values, np.ones((5, 2), np.float32), rows])
    assert run is not None
    held = weakref.ref(rows)
    del rows
    assert held() is not None
    run()
    assert (values == 1.0).all()
