"""The target: what kind of task its column asks for, and its values as a network learns them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.data.notes import Note
from engine.data.quoting import quoted
from engine.data.table import CategoricalColumn, Column, Faults, NumericColumn, Table, TableError, TableFault

Task = Literal["binary", "multiclass", "regression"]

MOST_CLASSES = 1000
_MOST_INFERRED_CLASSES = 50
_ROWS_PER_INFERRED_CLASS = 10
_FEW_ROWS = 5


@dataclass(frozen=True, slots=True)
class Target:
    """Labels int64 0..k-1 into `classes`, or the numbers of a regression, float64 (no classes)."""

    task: Task
    values: NDArray[Any]
    classes: tuple[str, ...]


def read_target(column: Column, table: Table, task: str | None) -> Target:
    """Read the target column; `task` is "classification", "regression" or None to infer it.

    Words are classes, and so are whole numbers with at most 50 different values and 10 rows for each on average
    (two different values always are); other numbers are a regression. Raises TableError.
    """
    faults = Faults()
    faults.add(missing_targets(column, (table.place(int(row)) for row in np.flatnonzero(column.missing))))
    faults.refuse()
    wanted = task or ("classification" if _looks_like_classes(column) else "regression")
    return _regression(column) if wanted == "regression" else _classification(column)


def read_like(target: Target, column: Column) -> NDArray[Any]:
    """Return the values of another table's target column as `target` has them; it has to have all their classes."""
    if target.task == "regression":
        return column.values
    names, labels = _classes(column)
    places = np.array([target.classes.index(name) for name in names], np.int64)
    return np.asarray(places[labels])


def unknown_classes(target: Target, column: Column) -> dict[str, int]:
    """Return the classes of another table's target column that `target` has not, each with its first row."""
    if target.task == "regression":
        return {}
    names, labels = _classes(column)
    return {name: int(np.argmax(labels == place)) for place, name in enumerate(names) if name not in target.classes}


def target_column(target: Target, name: str, values: NDArray[Any]) -> Column:
    """Return values of the target as a column: of words if they are labels."""
    if target.task == "regression":
        return NumericColumn(name, values)
    return CategoricalColumn(name, np.array(target.classes, np.object_)[values])


def missing_targets(column: Column, places: Iterable[str]) -> Iterator[str]:
    """Yield a fault for each place where the target is missing."""
    way = (
        "Fill it in, leave such rows out with missing_target=drop, or say with missing what counts as missing, if it "
        "is a class."
    )
    for place in places:
        yield f"The target {quoted(column.name)} is missing in {place}. {way}"


def without_missing_targets(table: Table, target: str) -> Table:
    """Return the table without the rows whose target is missing, and with a note on them. Raises TableError."""
    column = table.find(target)
    if column is None:  # its own fault
        return table
    kept = np.flatnonzero(~column.missing)
    dropped = len(table) - len(kept)
    if not dropped:
        return table
    if not len(kept):
        raise TableError([TableFault(f"The target {quoted(target)} is missing in all rows. Fill it in.", "target")])
    rows = "1 row was" if dropped == 1 else f"{dropped:,} rows were"
    detail = f"{rows} left out since the target {quoted(target)} is missing there, as missing_target=drop says."
    return replace(table.keep(kept), notes=(*table.notes, Note("missing_target_dropped", (target,), detail)))


def few_rows_per_class(column: Column, target: Target) -> Iterator[Note]:
    """Yield a note if the target is one of words that are too many to be classes."""
    if isinstance(column, CategoricalColumn) and len(target.values) < _FEW_ROWS * len(target.classes):
        shown = f"{len(target.values):,} rows have {len(target.classes):,} classes, such as {quoted(target.classes[0])}"
        way = "If these are quantities, write them as plain numbers: they then make a regression."
        yield Note(
            "few_rows_per_class", (column.name,), f"The target {quoted(column.name)} holds words: {shown}. {way}"
        )


def task_notes(column: Column) -> Iterator[Note]:
    """Yield a note if the task that is inferred from a target without missing cells could well be the other one."""
    if not isinstance(column, NumericColumn):
        return
    most, different = _most_classes(column), len(np.unique(column.values))
    if not _is_whole(column):
        if different <= most:
            yield _task_note(column, f"{different} different numbers, not all of them whole,", classes=False)
    elif most / 2 < different <= 2 * most and different > 2:
        yield _task_note(column, f"{different} different whole numbers", classes=different <= most)


def _task_note(column: Column, numbers: str, *, classes: bool) -> Note:
    held = f"The target {quoted(column.name)} holds {numbers} in {len(column.values):,} rows"
    rule = f"at most {_MOST_INFERRED_CLASSES}, with at least {_ROWS_PER_INFERRED_CLASS} rows for each on average"
    if classes:
        how = f"They are taken for classes, since there are {rule}. If they are quantities, send task=regression."
    else:
        how = f"They are taken for quantities: classes would be whole numbers, {rule}. If they are classes, "
        how += "send task=classification."
    return Note("task", (column.name,), f"{held}. {how}")


def _looks_like_classes(column: Column) -> bool:
    if not isinstance(column, NumericColumn):
        return True
    return _is_whole(column) and len(np.unique(column.values)) <= _most_classes(column)


def _is_whole(column: NumericColumn) -> bool:
    return bool(np.all(column.values == np.round(column.values)))


def _most_classes(column: NumericColumn) -> int:
    """Return how many different whole numbers are taken for classes."""
    return min(_MOST_INFERRED_CLASSES, max(len(column.values) // _ROWS_PER_INFERRED_CLASS, 2))


def _regression(column: Column) -> Target:
    name = quoted(column.name)
    if not isinstance(column, NumericColumn):
        word = quoted(column.values[0])
        detail = f"The target {name} holds words like {word}, and a regression needs numbers: leave the task out."
        raise TableError([TableFault(detail, "target")])
    if column.values.min() == column.values.max():
        detail = f"The target {name} is always {column.values[0]:g}: there is nothing to learn. Name another column."
        raise TableError([TableFault(detail, "target")])
    return Target("regression", column.values, ())


def _classification(column: Column) -> Target:
    names, labels = _classes(column)
    name, count = quoted(column.name), len(names)
    if count == 1:
        detail = f"The target {name} has one class only, {quoted(names[0])}, and needs two. Name another column."
        raise TableError([TableFault(detail, "target")])
    if count > MOST_CLASSES:
        way = "Name another column, or set the task to regression if it holds quantities."
        detail = f"The target {name} has {count:,} classes; at most {MOST_CLASSES:,} are possible. {way}"
        raise TableError([TableFault(detail, "target")])
    return Target("binary" if count == 2 else "multiclass", labels.astype(np.int64), names)


def class_name(number: float) -> str:
    """Return the name of a class that is a number."""
    return repr(float(number)).removesuffix(".0")


def _classes(column: Column) -> tuple[tuple[str, ...], NDArray[Any]]:
    """Return the names of the classes, in the order of size for numbers and of the alphabet for words, and labels."""
    if isinstance(column, NumericColumn):
        found, labels = np.unique(column.values, return_inverse=True)
        return tuple(map(class_name, found)), labels
    names = tuple(sorted(set(column.values)))
    label = {name: index for index, name in enumerate(names)}
    return names, np.array([label[word] for word in column.values])
