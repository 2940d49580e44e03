"""Tests of NPZ files with reproducible bytes."""

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.data.archive import read_npz_archive, write_npz

ARRAYS = {"b": np.arange(3), "a": np.array("text"), "c": np.zeros((0, 2), np.float32), "d": np.eye(3)[:, ::2]}


def test_arrays_come_back_in_their_order_with_every_bit() -> None:
    back = read_npz_archive(write_npz(ARRAYS))
    assert list(back) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert back[name].dtype == array.dtype
        np.testing.assert_array_equal(back[name], array)


def test_numpy_opens_the_file_and_its_bytes_are_always_the_same() -> None:
    content = write_npz(ARRAYS)
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["b"], [0, 1, 2])
    assert write_npz(dict(ARRAYS)) == content


def test_objects_are_refused() -> None:
    with pytest.raises(ValueError, match="allow_pickle"):
        write_npz({"o": np.array([object()])})


def test_arrays_of_bytes_are_views_on_the_content() -> None:
    pixels, columns = np.arange(250, dtype=np.uint8).reshape(25, 10), np.asfortranarray(np.eye(4, 3))
    arrays: dict[str, NDArray[Any]] = {"pixels": pixels, "columns": columns}
    content = write_npz(arrays)
    back = read_npz_archive(content)
    assert np.shares_memory(back["pixels"], np.frombuffer(content, np.uint8))
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)
