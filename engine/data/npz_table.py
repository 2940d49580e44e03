"""NPZ to a table: arrays `x` and `y`, read without trusting what the file says of itself."""

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.npy import read_npy
from engine.data.npz_members import read_members
from engine.data.table import (
    LARGEST_NUMBER,
    MOST_COLUMNS,
    CategoricalColumn,
    Column,
    Faults,
    Image,
    NumericColumn,
    Table,
    quoted,
)
from engine.data.target import missing_targets
from engine.data.whole_numbers import merged_fault, merged_integers

NAMES = ("x", "y")
_LAST_CHARACTER = 0x10FFFF


def read_npz(content: bytes, *, max_bytes: int) -> Table:
    """Read features `x` (rows, ...) and target `y` (rows,) from an NPZ file; the target column is called "y".

    The columns of the features are called x_0, x_1 and so on; NaN is a missing value. Rows of two dimensions are
    images of one channel, (rows, height, width), and those of three have their channels last. Raises TableError.
    """
    x, y = _arrays(content, max_bytes)
    faults = Faults()
    faults.add(_x_faults(x, max_bytes))
    faults.add(_y_faults(y))
    if x.ndim and y.ndim and len(x) != len(y):
        faults.add([f"The arrays differ in length: x has {len(x):,} rows and y has {len(y):,}. Give y one for each."])
    faults.refuse()
    faults.add(_merged(x.reshape(len(x), -1), y))
    flat, target = _float64(x.reshape(len(x), -1)), _target(y)
    faults.add(_value_faults(flat, target))
    faults.refuse()
    source = np.promote_types(x.dtype, np.float32)
    columns: list[Column] = [NumericColumn(f"x_{index}", column, source) for index, column in enumerate(flat.T)]
    return Table((*columns, target), range(len(x)), "row", _image(x.shape[1:]))


def _image(shape: tuple[int, ...]) -> Image | None:
    """Return height, width and channels of rows of this shape, if they are images."""
    if len(shape) not in (2, 3):
        return None
    height, width, channels = (*shape, 1)[:3]
    return height, width, channels


def _x_faults(x: NDArray[Any], max_bytes: int) -> list[str]:
    faults = []
    if x.dtype.kind == "U":
        faults.append(f"The array x has the type {x.dtype}, but features are numbers. Use a CSV file for words.")
    if x.ndim < 2:
        faults.append(f"The array x has the shape {x.shape}, but it needs rows and features: reshape it to (rows, 1).")
    elif x.size // len(x) > MOST_COLUMNS:
        count = f"{x.size // len(x):,} features in a row; at most {MOST_COLUMNS:,} are possible"
        faults.append(f"The array x has the shape {x.shape}, {count}. Shrink it.")
    if x.size * np.dtype(np.float32).itemsize > max_bytes:
        size = f"{x.size:,} numbers; at most {max_bytes // np.dtype(np.float32).itemsize:,} are allowed"
        faults.append(f"The array x has the shape {x.shape}, {size}. Leave out rows or features.")
    return faults


def _y_faults(y: NDArray[Any]) -> Iterator[str]:
    if y.ndim != 1:
        yield f"The array y has the shape {y.shape}, but it needs one value for each row: reshape it to (rows,)."
    elif y.dtype.kind == "U":
        for row in _not_unicode(y):
            yield f"The array y holds text in row {row} that is not Unicode. Mend or recode it."


def _not_unicode(y: NDArray[Any]) -> NDArray[np.intp]:
    """Return the rows with letters that are no characters."""
    letters = y.view(np.dtype(np.uint32).newbyteorder(y.dtype.byteorder)).reshape(len(y), -1)
    wrong = (letters > _LAST_CHARACTER) | ((letters >= 0xD800) & (letters <= 0xDFFF))  # surrogates are no characters
    return np.flatnonzero(wrong.any(axis=1))


def _value_faults(x: NDArray[np.float64], target: Column) -> Iterator[str]:
    rule = f"is not a number between -{LARGEST_NUMBER:.2g} and {LARGEST_NUMBER:.2g}; NaN stands for missing"
    for place in np.flatnonzero(_too_large(x)):
        row, feature = divmod(int(place), x.shape[1])
        yield f"The array x holds {x[row, feature]} in row {row}, feature {feature}, which {rule}."
    if isinstance(target, NumericColumn):
        for row in np.flatnonzero(_too_large(target.values)):
            yield f"The array y holds {target.values[row]} in row {row}, which {rule}."
    yield from missing_targets(target, (f"row {row}" for row in np.flatnonzero(target.missing)))


def _merged(x: NDArray[Any], y: NDArray[Any]) -> Iterator[str]:
    """Yield a fault for each feature, and for the target, that holds whole numbers which are one in float64."""
    for feature, values in enumerate(x.T):
        if pair := merged_integers(values):
            yield merged_fault(f"The array x, in feature {feature},", pair, "or leave the feature out")
    if pair := merged_integers(y):
        yield merged_fault("The array y", pair, "or give the classes names")


def _too_large(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(np.abs(values) > LARGEST_NUMBER)


def _target(y: NDArray[Any]) -> Column:
    if y.dtype.kind == "U":
        return CategoricalColumn("y", np.array([str(word) or None for word in y], np.object_))
    if y.dtype.kind == "b":
        return CategoricalColumn("y", np.array([str(bool(value)).lower() for value in y], np.object_))
    return NumericColumn("y", _float64(y))


def _float64(values: NDArray[Any]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN like any other here
        return values.astype(np.float64)


def _arrays(content: bytes, max_bytes: int) -> tuple[NDArray[Any], NDArray[Any]]:
    members = read_members(content, max_bytes=max_bytes, name_faults=_name_faults)
    x, y = (read_npy(members[name], name) for name in NAMES)
    return x, y


def _name_faults(names: Collection[str]) -> Iterator[str]:
    for name in NAMES:
        if name not in names:
            yield f"The array {name} is missing: an NPZ file holds x and y."
    for name in sorted(set(names) - set(NAMES)):
        yield f"The array {quoted(name)} is not expected: an NPZ file holds x and y alone. Leave it out."
