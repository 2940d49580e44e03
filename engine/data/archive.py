"""NPZ files that are the same bytes for the same arrays, so that their hash names their content."""

import io
import zipfile
from collections.abc import Mapping
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from engine.data.stored_members import stored_member

_NO_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_LONGEST_HEADER = 1 << 16
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def write_npz(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return an NPZ file with the arrays in their order, uncompressed and without times."""
    buffer = io.BytesIO()
    write_npz_to(buffer, arrays)
    return buffer.getvalue()


def write_npz_to(file: IO[bytes], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write what `write_npz` returns to a file that can be gone back in, array by array."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy", _NO_TIME)
            info.create_system = _UNIX  # else the bytes would differ from one operating system to another
            with archive.open(info, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)


def read_npz_archive(content: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays of an NPZ file that this program wrote itself; pickles are refused.

    Arrays of bytes are views on `content`; others are copies, since numbers are read faster where they lie aligned.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {info.filename.removesuffix(".npy"): stored_member(content, info) for info in archive.infolist()}
    arrays = {name: _array(member) for name, member in members.items()}
    return {name: array if array.dtype == np.uint8 else array.copy() for name, array in arrays.items()}


def _array(member: memoryview) -> NDArray[Any]:
    """Return a view on the array that an NPY file holds."""
    start = io.BytesIO(member[:_LONGEST_HEADER])
    read_header = _HEADERS[np.lib.format.read_magic(start)]
    shape, in_columns, dtype = read_header(start)
    if dtype.hasobject:
        raise ValueError(f"An array of the type {dtype} would have to be unpickled.")
    return np.ndarray(shape, dtype, member, start.tell(), order="F" if in_columns else "C")
