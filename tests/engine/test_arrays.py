"""The memory of a workspace: shared by name, kept as it grows, and aligned."""

import numpy as np
import pytest

from engine.arrays import Workspace

SHAPES = [(1,), (3, 5), (7, 9, 65), (16, 64, 65)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.bool_, np.intp, np.uint64])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_array_starts_with_a_cache_line_and_with_zeros(shape: tuple[int, ...], dtype: type) -> None:
    array = Workspace(np.float32).array("name", shape, dtype)

    assert array.shape == shape
    assert array.dtype == dtype
    assert array.ctypes.data % 64 == 0
    assert array.flags.c_contiguous
    assert not array.any()


def test_arrays_of_one_name_overlap_and_those_of_two_do_not() -> None:
    workspace = Workspace(np.float32)
    large, small, other = (workspace.array(*asked) for asked in (("a", (4, 6)), ("a", (2, 3)), ("b", (4, 6))))
    small[...] = 1.0

    assert large.sum() == 6.0
    assert not np.shares_memory(large, other)


def test_an_array_of_no_size_can_be_asked_for() -> None:
    assert Workspace(np.float32).array("none", (3, 0)).shape == (3, 0)


def test_the_columns_of_ones_stay_in_place_for_any_number_of_members_and_examples() -> None:
    workspace = Workspace(np.float64)
    signals = [workspace.signal("hidden.0", *shape, 5, training=True) for shape in ((2, 8), (2, 3), (1, 8))]
    for signal in signals:
        signal.features[...] = 7.0

    for signal in signals:
        np.testing.assert_array_equal(signal.values[..., -1], 1.0)
