"""NPZ files as numpy writes them and as it never would, and how tests read them."""

import io
import zipfile
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.data import Table, TableError, read_npz
from engine.data.files.picture_shapes import SaidImage
from engine.data.table import NumericColumn

LIMIT = 1 << 20
X = np.arange(12.0).reshape(6, 2)
Y = np.array([0, 1, 0, 1, 0, 1])
RULE = "an NPZ file holds x and y, or x_train and y_train with x_test and y_test, x_dev and y_dev, or both"


def npz(x: Any = X, y: Any = Y) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, x=x, y=y)
    return buffer.getvalue()


def npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def zipped(members: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def header(text: str, content: bytes = b"", version: int = 1) -> bytes:
    """An NPY file of a header that says what the test wants, and whatever follows it."""
    length = len(text).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + text.encode("latin1") + content


def described(descr: str, shape: str, content: bytes = b"") -> bytes:
    return header(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n", content)


def read(content: bytes, image: SaidImage = None) -> Table:
    """The table of a file with x and y."""
    tables = read_npz(content, max_bytes=LIMIT, image=image)
    assert not tables.separate()
    return tables.train


def faults_of(content: bytes) -> list[str]:
    with pytest.raises(TableError) as caught:
        read_npz(content, max_bytes=LIMIT)
    return [fault.detail for fault in caught.value.faults]


def fault_of_x(member: bytes) -> str:
    (fault,) = faults_of(zipped([("x.npy", member), ("y.npy", npy(Y))]))
    return fault


def matrix(table: Table) -> NDArray[np.float64]:
    columns = [column for column in table.columns if isinstance(column, NumericColumn) and column.name != "y"]
    return np.stack([column.values for column in columns], axis=1)


def rows(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    return np.arange(6 * np.prod(shape)).reshape(6, *shape).astype(dtype)
