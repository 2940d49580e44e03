"""A data set: encoded inputs and targets of train, dev and test, with the card that tells how they came about."""

import io
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from engine.data.archive import read_npz_archive, write_npz_to
from engine.data.column_groups import need_double
from engine.data.constant_inputs import constant_notes
from engine.data.encoded import Encoded
from engine.data.encoding import Encoding, double_places, encode, feature_faults, fit, rare_categories
from engine.data.image import pixel_faults, shape_faults
from engine.data.leaks import copy_notes, input_notes
from engine.data.notes import Note, gathered
from engine.data.part_tables import FILE_OF, HeldOut, PartName, Tables, aligned, column_faults
from engine.data.parts.cut import Cut, Fractions, fractions_for
from engine.data.parts.cut_column import cut_faults, group_numbers, split_table, without
from engine.data.parts.cut_notes import overlap_notes, share_notes
from engine.data.parts.drift import drift
from engine.data.parts.split import Split
from engine.data.quoting import quoted
from engine.data.table import FLOAT64, Column, Faults, Image, Table, TableError, TableFault, byte_columns, take_rows
from engine.data.target import (
    Target,
    Task,
    few_rows_per_class,
    missing_targets,
    read_like,
    read_target,
    target_column,
    task_notes,
    unknown_classes,
)

MAX_BYTES = 512 << 20
"""What the inputs of a data set may take, unless said otherwise."""

_ARRAYS = ("x_train", "y_train", "x_dev", "y_dev", "x_test", "y_test")


@dataclass(frozen=True, slots=True, eq=False)
class Doubles:
    """The inputs of which float32 would merge values: their places (k,), and in float64 those of each part, (m, k)."""

    places: NDArray[np.intp]
    train: NDArray[np.float64]
    dev: NDArray[np.float64]
    test: NDArray[np.float64]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays under their names in a file."""
        return {f"double_{field.name}": getattr(self, field.name) for field in fields(self)}

    @classmethod
    def taken_from(cls, arrays: dict[str, NDArray[Any]]) -> "Doubles | None":
        """Take them out of the arrays of a file, if it has some."""
        names = {field.name: f"double_{field.name}" for field in fields(cls)}
        has = names["places"] in arrays
        return cls(**{name: arrays.pop(there) for name, there in names.items()}) if has else None


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The group of each row of train and of dev, numbered from 0: rows of one group never part."""

    train: NDArray[np.intp]
    dev: NDArray[np.intp]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays under their names in a file."""
        return {"group_train": self.train.astype(np.int64), "group_dev": self.dev.astype(np.int64)}

    @classmethod
    def taken_from(cls, arrays: dict[str, NDArray[Any]]) -> "Groups | None":
        """Take them out of the arrays of a file, if it has some."""
        if "group_train" not in arrays:
            return None
        return cls(arrays.pop("group_train").astype(np.intp), arrays.pop("group_dev").astype(np.intp))


@dataclass(frozen=True, slots=True)
class Dataset:
    """Inputs (m, n) and targets (m,) of each part; labels are int64, numbers of a regression float64.

    Inputs are float32, or uint8 in all parts where they came as an array of bytes; the `doubles` are there as well,
    rounded. The test part may have no rows. `card` is plain JSON. The `groups` are those that the table was cut by.
    """

    task: Task
    classes: tuple[str, ...]
    x_train: NDArray[Any]
    y_train: NDArray[Any]
    x_dev: NDArray[Any]
    y_dev: NDArray[Any]
    x_test: NDArray[Any]
    y_test: NDArray[Any]
    card: Mapping[str, Any]
    doubles: Doubles | None = None
    groups: Groups | None = None

    def inputs(self, part: PartName) -> Encoded:
        """Return the inputs of a part, as they are to be normalised."""
        x, doubles = getattr(self, f"x_{part}"), self.doubles
        return Encoded.plain(x) if doubles is None else Encoded(x, doubles.places, getattr(doubles, part))

    @property
    def image(self) -> Image | None:
        """Height, width and channels, if the rows are images."""
        shape = self.card.get("image")
        return tuple(shape) if shape else None

    def to_bytes(self) -> bytes:
        """Return the whole data set as NPZ; equal data sets give equal bytes."""
        buffer = io.BytesIO()
        self.write(buffer)
        return buffer.getvalue()

    def write(self, file: IO[bytes]) -> None:
        """Write what `to_bytes` returns to a file, without holding it in memory."""
        about = {"task": self.task, "classes": list(self.classes), "card": self.card}
        arrays = {name: getattr(self, name) for name in _ARRAYS} | (self.doubles.arrays() if self.doubles else {})
        arrays |= self.groups.arrays() if self.groups else {}
        write_npz_to(file, {**arrays, "about": np.array(json.dumps(about, sort_keys=True, allow_nan=False))})

    @classmethod
    def from_bytes(cls, content: bytes) -> "Dataset":
        """Return the data set that `to_bytes` wrote."""
        arrays = read_npz_archive(content)
        about = json.loads(arrays.pop("about").item())
        return cls(
            task=about["task"],
            classes=tuple(about["classes"]),
            card=about["card"],
            doubles=Doubles.taken_from(arrays),
            groups=Groups.taken_from(arrays),
            **arrays,
        )


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of train, dev or test: their features, and their targets as a network learns them."""

    columns: tuple[Column, ...]
    y: NDArray[Any]
    block: NDArray[np.uint8] | None

    def take(self, rows: NDArray[np.intp]) -> "_Rows":
        if self.block is None:
            return _Rows(tuple(take_rows(column, rows) for column in self.columns), self.y[rows], None)
        block = self.block[rows]
        return _Rows(tuple(byte_columns(block)), self.y[rows], block)


def prepare(
    tables: Table | Tables,
    *,
    target: str,
    task: str | None = None,
    cut: Cut | None = None,
    max_bytes: int = MAX_BYTES,
) -> Dataset:
    """Cut a table as `cut` says, and encode it by what its training rows say; the inputs may take up to `max_bytes`.

    Dev and test may come as tables of their own; `fractions_for` says what then becomes of the fractions. Raises
    TableError with every fault of the cut, the target, the features and the other tables.
    """
    whole, cut = tables if isinstance(tables, Tables) else Tables(tables), cut or Cut()
    given = without(whole, cut, target)
    found, fractions = _checked(whole, given, target, task, cut)
    split = split_table(whole.train, found, cut, fractions)
    parts = _parts(given, target, found, split)
    columns = {name: part.columns for name, part in parts.items()}
    groups = _groups(whole, cut, split)
    encodings = fit(columns["train"], need_double(columns, given.train.image))
    _check_size(parts.values(), encodings, max_bytes)
    encoded = {name: _encoded(encodings, part, parts.values()) for name, part in parts.items()}
    notes = [
        *_notes_on_tables(whole, target, found, inferred=not task),
        *share_notes(split, cut, fractions),
        *overlap_notes(whole, cut),
        *_notes_on_inputs(given, target, found, parts, encoded),
        *gathered(rare_categories(encodings)),
        *constant_notes(columns, given.train.image),
    ]
    card = {
        **_card(given.train, target, found, parts, encodings),
        "task_was": "given" if task else "inferred",
        "split": _split_card(
            cut, fractions, list(given.separate()), {name: len(part.y) for name, part in parts.items()}
        )
        | ({"groups": len(set(groups.train) | set(groups.dev))} if groups else {}),
        "notes": [note.card() for note in notes],
    }
    return _dataset(found, parts, encoded, card, groups)


def _groups(whole: Tables, cut: Cut, split: Split) -> Groups | None:
    """Return the groups of the rows; of tables of their own it is not known which ones train has, too."""
    if cut.group is None or whole.separate().get("dev") is not None:
        return None
    numbers = group_numbers(whole.train, cut.group)
    return Groups(numbers[split.train], numbers[split.dev])


def _notes_on_tables(whole: Tables, target: str, found: Target, *, inferred: bool) -> Iterator[Note]:
    """Yield what was noted as the files were read, and what there is to say of the target."""
    yield from dict.fromkeys(note for table in (whole.train, *whole.separate().values()) for note in table.notes)
    column, _ = whole.train.take(target)
    yield from task_notes(column) if inferred else ()
    yield from few_rows_per_class(column, found)


def _notes_on_inputs(
    given: Tables, target: str, found: Target, parts: Mapping[str, "_Rows"], encoded: Mapping[str, Encoded]
) -> Iterator[Note]:
    """Yield notes on inputs that give the answer away, and on rows that were trained on."""
    yield from input_notes(given.train.take(target)[1], found)
    inputs = {name: one.numbers() for name, one in encoded.items()}
    yield from copy_notes(inputs, {name: part.y for name, part in parts.items()}, list(given.separate()))


def _dataset(
    found: Target,
    parts: Mapping[str, "_Rows"],
    encoded: Mapping[str, Encoded],
    card: Mapping[str, Any],
    groups: Groups | None,
) -> Dataset:
    arrays = {f"x_{name}": one.x for name, one in encoded.items()} | {f"y_{name}": one.y for name, one in parts.items()}
    places = encoded["train"].places
    doubles = Doubles(places, **{name: one.double for name, one in encoded.items()}) if len(places) else None
    return Dataset(task=found.task, classes=found.classes, card=card, doubles=doubles, groups=groups, **arrays)


def _checked(whole: Tables, given: Tables, target: str, task: str | None, cut: Cut) -> tuple[Target, Fractions]:
    """Return the target and the shares of the training table, or raise every fault of all tables.

    The tables that were `given` are the whole ones without the columns by which they are cut.
    """
    column, features = given.train.take(target)
    faults = Faults()
    found: Target | None = None
    fractions: Fractions | None = None
    try:
        fractions = fractions_for(cut.fractions, given.separate())
    except TableError as error:
        faults.add(error.faults)
    faults.add(cut_faults(whole.train, cut, target))
    try:
        found = read_target(column, given.train, task)
    except TableError as error:
        faults.add(error.faults)
    faults.add(feature_faults(features))
    faults.add(shape_faults(features))
    faults.add(pixel_faults(features.columns, "file") if features.image else ())
    for part, table in given.separate().items():
        faults.add(_other_faults(part, table, given.train, target, found))
    faults.refuse()
    assert found is not None  # else its faults were raised
    assert fractions is not None
    return found, fractions


def _other_faults(part: HeldOut, table: Table, train: Table, target: str, found: Target | None) -> Iterator[TableFault]:
    """Yield what keeps the table of dev or test from being judged by what was learned from train."""
    yield from column_faults(part, table, train)
    if train.image:
        yield from pixel_faults([column for column in table.columns if column.name != target], FILE_OF[part])
    for column in table.columns:
        if column.name == target and type(column) is type(train.take(target)[0]):
            yield from (TableFault(detail, FILE_OF[part]) for detail in _target_faults(part, table, column, found))


def _target_faults(part: HeldOut, table: Table, column: Column, found: Target | None) -> Iterator[str]:
    missing = np.flatnonzero(column.missing)
    yield from missing_targets(column, (table.place(int(row)) for row in missing))
    if found is None or len(missing):
        return
    for name, row in unknown_classes(found, column).items():
        there = f"The {part} table has the class {quoted(name)} in {table.place(row)}, which train has not"
        yield f"{there}. Leave such rows out, or add some to the training table."


def _parts(given: Tables, target: str, found: Target, split: Split) -> dict[str, _Rows]:
    """Cut the training table, and put the parts that have tables of their own in their places."""
    whole = _Rows(given.train.take(target)[1].columns, found.values, given.train.block)
    parts = {"train": whole.take(split.train), "dev": whole.take(split.dev), "test": whole.take(split.test)}
    for part, table in given.separate().items():
        column, features = aligned(table, given.train).take(target)
        parts[part] = _Rows(features.columns, read_like(found, column), features.block)
    return parts


def _encoded(encodings: Sequence[Encoding], part: _Rows, every: Iterable[_Rows]) -> Encoded:
    """Return the inputs of a part; bytes stay bytes, if those of all parts are."""
    if part.block is not None and _are_bytes(every):
        return Encoded.plain(part.block)
    return encode(encodings, part.columns)


def _are_bytes(parts: Iterable[_Rows]) -> bool:
    return all(part.block is not None for part in parts)


def _check_size(parts: Collection[_Rows], encodings: Sequence[Encoding], max_bytes: int) -> None:
    """One input for each category can make gigabytes of a small file."""
    rows, width = sum(len(part.y) for part in parts), sum(encoding.width for encoding in encodings)
    each = np.dtype(np.uint8 if _are_bytes(parts) else np.float32).itemsize
    size = rows * (width * each + len(double_places(encodings)) * FLOAT64.itemsize)
    if size > max_bytes:
        made = f"The table becomes {rows:,} rows of {width:,} inputs, {size:,} bytes"
        way = "Leave out columns with many categories, or rows."
        raise TableError([f"{made}; at most {max_bytes:,} bytes are allowed. {way}"])


def _split_card(cut: Cut, fractions: Fractions, separate: list[HeldOut], rows: dict[str, int]) -> dict[str, Any]:
    by = {"group": cut.group, "order": cut.order}
    return {"seed": cut.seed, "fractions": list(fractions), **by, "separate": separate, "rows": rows}


def _card(
    train: Table, target: str, found: Target, parts: Mapping[str, _Rows], encodings: Sequence[Encoding]
) -> dict[str, Any]:
    """Return what is known of the target and the columns as plain JSON."""
    missing = np.sum([[feature.missing.sum() for feature in part.columns] for part in parts.values()], axis=0)
    reading = train.take(target)[0].reading
    return {
        "target": target,
        "task": found.task,
        "classes": list(found.classes),
        "class_counts": _class_counts(found, parts) if found.classes else None,
        "columns": [{**one.card(), "missing": int(count)} for one, count in zip(encodings, missing, strict=True)],
        "target_deviation": float(parts["train"].y.std()) if found.task == "regression" else None,
        "drift": drift({n: (*part.columns, target_column(found, target, part.y)) for n, part in parts.items()}),
        "target_reading": reading.card() if reading else None,
        **({"read": dict(train.read)} if train.read else {}),
        **({"image": list(train.image)} if train.image else {}),
    }


def _class_counts(found: Target, parts: Mapping[str, _Rows]) -> dict[str, list[int]]:
    """Return the examples of each class in each part, in the order of the classes."""
    return {name: np.bincount(part.y, minlength=len(found.classes)).tolist() for name, part in parts.items()}
