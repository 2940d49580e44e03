"""A data set: encoded inputs and targets of train, dev and test, with the card that tells how they came about."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.archive import read_npz_archive, write_npz
from engine.data.encoding import encode, feature_faults, fit
from engine.data.split import FRACTIONS, split_rows
from engine.data.table import Faults, Table, TableError, take_rows
from engine.data.target import Target, Task, read_target, target_deviation

MAX_BYTES = 512 << 20
"""What the inputs of a data set may take, unless said otherwise."""

_ARRAYS = ("x_train", "y_train", "x_dev", "y_dev", "x_test", "y_test")


@dataclass(frozen=True, slots=True)
class Dataset:
    """Inputs float32 (m, n) and targets (m,) of each part; labels are int64, numbers of a regression float64.

    The test part may have no rows. `card` is plain JSON.
    """

    task: Task
    classes: tuple[str, ...]
    x_train: NDArray[np.float32]
    y_train: NDArray[Any]
    x_dev: NDArray[np.float32]
    y_dev: NDArray[Any]
    x_test: NDArray[np.float32]
    y_test: NDArray[Any]
    card: Mapping[str, Any]

    def to_bytes(self) -> bytes:
        """Return the whole data set as NPZ; equal data sets give equal bytes."""
        about = {"task": self.task, "classes": list(self.classes), "card": self.card}
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        return write_npz({**arrays, "about": np.array(json.dumps(about, sort_keys=True, allow_nan=False))})

    @classmethod
    def from_bytes(cls, content: bytes) -> "Dataset":
        """Return the data set that `to_bytes` wrote."""
        arrays = read_npz_archive(content)
        about = json.loads(arrays.pop("about").item())
        return cls(task=about["task"], classes=tuple(about["classes"]), card=about["card"], **arrays)


def prepare(
    table: Table,
    *,
    target: str,
    task: str | None = None,
    seed: int = 0,
    fractions: tuple[float, float, float] = FRACTIONS,
    max_bytes: int = MAX_BYTES,
) -> Dataset:
    """Split a table, and encode it by what its training rows say; the inputs may take up to `max_bytes`.

    Raises TableError with every fault of the target and the features.
    """
    found, features = _read(table, target, task)
    split = split_rows(found, seed, fractions)
    parts = {"train": split.train, "dev": split.dev, "test": split.test}
    encodings = fit([take_rows(feature, split.train) for feature in features.columns])
    _check_size(len(table), sum(encoding.width for encoding in encodings), max_bytes)
    inputs = {
        f"x_{part}": encode(encodings, [take_rows(feature, rows) for feature in features.columns])
        for part, rows in parts.items()
    }
    targets = {f"y_{part}": found.values[rows] for part, rows in parts.items()}
    card = _card(target, task, found, features, [encoding.card() for encoding in encodings])
    card["split"] = {"seed": seed, "fractions": list(fractions), "rows": {p: len(r) for p, r in parts.items()}}
    card["target_deviation"] = target_deviation(found.task, targets["y_train"])
    return Dataset(task=found.task, classes=found.classes, card=card, **inputs, **targets)


def _read(table: Table, target: str, task: str | None) -> tuple[Target, Table]:
    """Return the target and the table without it, or raise the faults of both."""
    column, features = table.take(target)
    faults = Faults()
    found: Target | None = None
    try:
        found = read_target(column, table, task)
    except TableError as error:
        faults.add(error.faults)
    faults.add(feature_faults(features))
    faults.refuse()
    assert found is not None  # else its faults were raised
    return found, features


def _check_size(rows: int, width: int, max_bytes: int) -> None:
    """One input for each category can make gigabytes of a small file."""
    size = rows * width * np.dtype(np.float32).itemsize
    if size > max_bytes:
        made = f"The table becomes {rows:,} rows of {width:,} inputs, {size:,} bytes"
        way = "Leave out columns with many categories, or rows."
        raise TableError([f"{made}; at most {max_bytes:,} bytes are allowed. {way}"])


def _card(
    target: str, task: str | None, found: Target, features: Table, columns: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return what is known of the data as plain JSON."""
    missing = [int(feature.missing.sum()) for feature in features.columns]
    return {
        "target": target,
        "task": found.task,
        "task_was": "given" if task else "inferred",
        "classes": list(found.classes),
        "columns": [{**column, "missing": count} for column, count in zip(columns, missing, strict=True)],
    }
