"""NPZ files that are the same bytes for the same arrays, so that their hash names their content."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NO_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3


def write_npz(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return an NPZ file with the arrays in their order, uncompressed and without times."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy", _NO_TIME)
            info.create_system = _UNIX  # else the bytes would differ from one operating system to another
            with archive.open(info, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
    return buffer.getvalue()


def read_npz_archive(content: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays of an NPZ file that this program wrote itself; pickles are refused."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
