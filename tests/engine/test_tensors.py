"""Files of tensors: their pieces, written here, are what the library reads and what it would write."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load

from engine.tensors import Tensors

ARRAYS: dict[str, NDArray[Any]] = {
    "weights": np.arange(6, dtype=np.float32).reshape(1, 6),
    "turned": np.arange(6, dtype=np.float64).reshape(2, 3).T,
    "empty": np.zeros((1, 0), np.float32),
}


@pytest.mark.parametrize("texts", [{}, {"about": 'räum "lich"'}])
def test_pieces_are_the_file_and_the_library_reads_them(texts: dict[str, str]) -> None:
    content = b"".join(Tensors(ARRAYS, texts).pieces())
    read, ours = load(content), Tensors.from_bytes(content)
    for name, array in ARRAYS.items():
        assert np.array_equal(read[name], array)
        assert np.array_equal(ours.arrays[name], array)
        assert read[name].dtype == array.dtype
    assert ours.texts == texts


def test_pieces_of_rows_share_their_memory() -> None:
    row = np.zeros((1, 100), np.float32)
    _, piece = Tensors({"row": row}, {}).pieces()
    assert np.shares_memory(np.frombuffer(piece, np.float32), row)
