"""NPZ to tables: features and targets of one part or of several, read without trusting what the file says."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.columns.cells import Cells
from engine.data.columns.inference import Typed, words_of
from engine.data.columns.whole_numbers import merged_fault, merged_integers
from engine.data.files.npy import read_npy
from engine.data.files.npz_arrays import Pair, name_faults, pairs
from engine.data.files.npz_members import read_members
from engine.data.files.picture_shapes import PictureShape, SaidImage, read_shape
from engine.data.formats.reading import PLAIN
from engine.data.notes import gathered
from engine.data.part_tables import PartName, Tables
from engine.data.said import Said
from engine.data.table import (
    LARGEST_NUMBER,
    MOST_COLUMNS,
    Column,
    Faults,
    NumericColumn,
    Table,
    byte_columns,
)
from engine.data.target import missing_targets

TARGET = "y"
_LAST_CHARACTER = 0x10FFFF
_NOTHING_SAID = Said()

Arrays = Mapping[str, NDArray[Any]]


def read_npz(content: bytes, *, max_bytes: int, image: SaidImage = None, said: Said = _NOTHING_SAID) -> Tables:
    """Read features `x` (rows, ...) and targets `y` (rows,) or (rows, 1) from an NPZ file.

    The file may also hold parts of their own: x_train and y_train, with x_test and y_test, x_dev (or x_val) and y_dev.
    The columns of the features are called x_0, x_1 and so on, that of the targets y; NaN is a missing value. Features
    that are bytes stay so. `read_shape` tells which rows are pictures. Raises TableError.
    """
    members = read_members(content, max_bytes=max_bytes, name_faults=name_faults)
    arrays = {name: read_npy(raw, name) for name, raw in members.items()}
    parts = pairs(arrays)
    faults = Faults()
    for pair in parts.values():
        faults.add(_pair_faults(pair, arrays, max_bytes))
    faults.refuse()
    faults.add(_shape_faults(parts, arrays))
    faults.refuse()
    x = arrays[parts["train"].x]
    reading = read_shape(parts["train"].x, x.shape[1:], x.dtype, image)
    tables = {part: _table(pair, arrays, reading, said, faults) for part, pair in parts.items()}
    faults.refuse()
    return Tables(tables["train"], tables.get("dev"), tables.get("test"))


def _table(pair: Pair, arrays: Arrays, reading: PictureShape, said: Said, faults: Faults) -> Table:
    x, y = reading.flat(arrays[pair.x]), arrays[pair.y].reshape(-1)
    typed = _target(y, said)
    target, notes = typed.column, (*reading.notes, *gathered(typed.remarks))
    if merged := merged_integers(y):
        faults.add([merged_fault(f"The array {pair.y}", merged, "or give the classes names")])
    if x.dtype == np.uint8:
        faults.add(_target_faults(pair.y, target, said))
        return Table((*byte_columns(x), target), range(len(x)), "row", reading.image, notes, block=x)
    faults.add(_merged_faults(pair.x, x))
    numbers = _float64(x)
    faults.add(_value_faults(pair.x, numbers))
    faults.add(_target_faults(pair.y, target, said))
    source = np.promote_types(x.dtype, np.float32)
    columns: list[Column] = [
        NumericColumn(f"x_{index}", column, source, PLAIN) for index, column in enumerate(numbers.T)
    ]
    return Table((*columns, target), range(len(x)), "row", reading.image, notes)


def _pair_faults(pair: Pair, arrays: Arrays, max_bytes: int) -> Iterator[str]:
    x, y = arrays[pair.x], arrays[pair.y]
    yield from _x_faults(pair.x, x, max_bytes)
    yield from _y_faults(pair.y, y)
    if x.ndim and y.ndim and len(x) != len(y):
        detail = f"{pair.x} has {len(x):,} rows and {pair.y} has {len(y):,}"
        yield f"The arrays differ in length: {detail}. Give {pair.y} one for each."


def _shape_faults(parts: Mapping[PartName, Pair], arrays: Arrays) -> Iterator[str]:
    """Yield a fault for each part whose rows are of another shape than the training rows."""
    train = arrays[parts["train"].x]
    for pair in parts.values():
        if (other := arrays[pair.x]).shape[1:] != train.shape[1:]:
            shapes = f"rows of the shape {other.shape[1:]}, and those of {parts['train'].x} have {train.shape[1:]}"
            yield f"The array {pair.x} has {shapes}. Reshape it."


def _x_faults(name: str, x: NDArray[Any], max_bytes: int) -> Iterator[str]:
    if x.dtype.kind == "U":
        yield f"The array {name} has the type {x.dtype}, but features are numbers. Use a CSV file for words."
    if x.ndim < 2:  # rows and features
        way = "but it needs rows and features: reshape it to (rows, 1)"
        yield f"The array {name} has the shape {x.shape}, {way}."
    elif x.size // len(x) > MOST_COLUMNS:
        count = f"{x.size // len(x):,} features in a row; at most {MOST_COLUMNS:,} are possible"
        yield f"The array {name} has the shape {x.shape}, {count}. Shrink it."
    most = max_bytes // (1 if x.dtype == np.uint8 else np.dtype(np.float32).itemsize)
    if x.size > most:
        size = f"{x.size:,} numbers; at most {most:,} are allowed"
        yield f"The array {name} has the shape {x.shape}, {size}. Leave out rows or features."


def _y_faults(name: str, y: NDArray[Any]) -> Iterator[str]:
    if y.ndim != 1 and y.shape[1:] != (1,):
        detail = f"The array {name} has the shape {y.shape}, but it needs one value for each row"
        columns = y.ndim == 2  # perhaps a one for each class
        way = "if its columns are classes, send argmax(axis=1) of it" if columns else "reshape it to (rows,)"
        yield f"{detail}: {way}."
    elif y.dtype.kind == "U":
        for row in _not_unicode(y.reshape(-1)):
            yield f"The array {name} holds text in row {row} that is not Unicode. Mend or recode it."


def _not_unicode(y: NDArray[Any]) -> NDArray[np.intp]:
    """Return the rows with code points that are not characters."""
    letters = y.view(np.dtype(np.uint32).newbyteorder(y.dtype.byteorder)).reshape(len(y), -1)
    wrong = (letters > _LAST_CHARACTER) | ((letters >= 0xD800) & (letters <= 0xDFFF))  # surrogates are no characters
    return np.flatnonzero(wrong.any(axis=1))


_RULE = f"is not a number between -{LARGEST_NUMBER:.2g} and {LARGEST_NUMBER:.2g}; NaN stands for missing"


def _value_faults(name: str, x: NDArray[np.float64]) -> Iterator[str]:
    for place in np.flatnonzero(_too_large(x)):
        row, feature = divmod(int(place), x.shape[1])
        yield f"The array {name} holds {x[row, feature]} in row {row}, feature {feature}, which {_RULE}."


def _target_faults(name: str, target: Column, said: Said) -> Iterator[str]:
    if isinstance(target, NumericColumn):
        for row in np.flatnonzero(_too_large(target.values)):
            yield f"The array {name} holds {target.values[row]} in row {row}, which {_RULE}."
    if said.missing_target != "drop":
        of = "" if name == TARGET else f" of {name}"
        yield from missing_targets(target, (f"row {row}{of}" for row in np.flatnonzero(target.missing)))


def _merged_faults(name: str, x: NDArray[Any]) -> Iterator[str]:
    """Yield a fault for each feature that holds whole numbers which are one in float64."""
    for feature, values in enumerate(x.T):
        if pair := merged_integers(values):
            yield merged_fault(f"The array {name}, in feature {feature},", pair, "or leave the feature out")


def _too_large(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(np.abs(values) > LARGEST_NUMBER)


def _target(y: NDArray[Any], said: Said) -> Typed:
    if y.dtype.kind in "Ub":
        texts = [str(word) for word in y] if y.dtype.kind == "U" else [str(bool(value)).lower() for value in y]
        return words_of(TARGET, Cells.of(texts), said)
    return Typed(NumericColumn(TARGET, _float64(y), reading=PLAIN))


def _float64(values: NDArray[Any]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN like any other here
        return values.astype(np.float64)
