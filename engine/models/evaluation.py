"""How well a model does on examples whose targets are known, by the program that scored it in training."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.data import Table, TableError, read_npz
from engine.data.encoding import Encoding
from engine.data.labels import read_targets, target_encoding
from engine.data.rows import passed_over, table_of_csv, table_of_rows
from engine.data.said import Said
from engine.data.target import class_name
from engine.metrics import measure, metrics_of
from engine.models.npz import SIGNATURE
from engine.models.predictor import MAX_CSV_BYTES, Predictor, require_finite
from engine.subnormals import flushing


@dataclass(frozen=True, slots=True)
class Scores:
    """All metrics of the task over the rows of a table, by name; None where one has no value."""

    rows: int
    metrics: Mapping[str, float | None]


def examples_of_file(
    model: Predictor,
    content: bytes,
    *,
    said: Said = Said(),  # noqa: B008  # it is frozen
    max_bytes: int = MAX_CSV_BYTES,
) -> Table:
    """Read rows with their targets from CSV, plain or gzipped, as `said`, or from NPZ. Raises TableError.

    Columns that the model does not know are passed over; notes of the table name them.
    """
    columns, data = _columns(model), model.card["data"]
    if not content.startswith(SIGNATURE):
        return table_of_csv(content, columns, data["target"], max_bytes=max_bytes, said=said, read=data.get("read"))
    image = data.get("image")
    tables = read_npz(content, max_bytes=max_bytes, image=tuple(image) if image else "none")
    if tables.separate():
        raise TableError(["The file holds several parts. Send an NPZ file with the arrays x and y alone."])
    table = tables.train
    return replace(table, notes=passed_over([column.name for column in table.columns], columns, data["target"]))


def examples_of_rows(model: Predictor, rows: Sequence[Any]) -> Table:
    """Read rows of JSON with their targets; a class may be a number or its text. Raises TableError."""
    target, classes = model.card["data"]["target"], model.classes
    named = [_named(row, target) if classes and isinstance(row, Mapping) else row for row in rows]
    return table_of_rows(named, _columns(model), target)


def _columns(model: Predictor) -> list[Encoding]:
    return [*model.encodings, target_encoding(model.card["data"])]


def _named(row: Mapping[str, Any], target: str) -> Mapping[str, Any]:
    """Return a row of JSON with its class as text."""
    found = row.get(target)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return row
    return {**row, target: class_name(found)}


def evaluate(model: Predictor, table: Table) -> Scores:
    """Score a model on a table that has the columns of training and the target, in any order. Raises TableError."""
    if not len(table):
        raise TableError(["There are no rows to score the model on. Add rows."])
    data = model.card["data"]
    column, features = table.take(data["target"])
    with np.errstate(all="ignore"):  # numbers far from those of training may overflow
        answers = model.answers(features, read_targets(column, table, data))
        require_finite(answers.logits[0].T, table)
        with flushing(model.rules):
            values = measure(answers, metrics_of(data["task"]))
    return Scores(len(table), {name: _number(float(value[0])) for name, value in values.items()})


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
