"""How well a model does on examples whose targets are known, by the program that scored it in training."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Workspace
from engine.data import Table, TableError, read_npz
from engine.data.encoding import Encoding
from engine.data.labels import read_targets, target_encoding
from engine.data.rows import passed_over, table_of_csv, table_of_rows
from engine.data.said import Said
from engine.data.target import class_name
from engine.losses import LOSSES
from engine.metrics import Answers, measure, metrics_of
from engine.models.model import MAX_CSV_BYTES, Model, require_finite
from engine.models.npz import SIGNATURE
from engine.prediction import bind
from engine.subnormals import flushing


@dataclass(frozen=True, slots=True)
class Scores:
    """All metrics of the task over the rows of a table, by name; None where one has no value."""

    rows: int
    metrics: Mapping[str, float | None]


def examples_of_file(
    model: Model,
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


def examples_of_rows(model: Model, rows: Sequence[Any]) -> Table:
    """Read rows of JSON with their targets; a class may be a number or its text. Raises TableError."""
    target, classes = model.card["data"]["target"], model.classes
    named = [_named(row, target) if classes and isinstance(row, Mapping) else row for row in rows]
    return table_of_rows(named, _columns(model), target)


def _columns(model: Model) -> list[Encoding]:
    return [*model.encodings, target_encoding(model.card["data"])]


def _named(row: Mapping[str, Any], target: str) -> Mapping[str, Any]:
    """Return a row of JSON with its class as text."""
    found = row.get(target)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return row
    return {**row, target: class_name(found)}


def evaluate(model: Model, table: Table) -> Scores:
    """Score a model on a table that has the columns of training and the target, in any order. Raises TableError."""
    if not len(table):
        raise TableError(["There are no rows to score the model on. Add rows."])
    data = model.card["data"]
    column, features = table.take(data["target"])
    with np.errstate(all="ignore"):  # numbers far from those of training may overflow
        answers = _answers(model, features, read_targets(column, table, data))
        require_finite(answers.logits[0].T, table)
        with flushing(model.network.structure.rules):
            values = measure(answers, metrics_of(data["task"]))
    return Scores(len(table), {name: _number(float(value[0])) for name, value in values.items()})


def _answers(model: Model, features: Table, y: NDArray[Any]) -> Answers:
    """Return what the model answers to rows with the targets `y` (rows,), alone in its stack."""
    network, row, workspace = model.network, model.row(), Workspace(np.float32)
    mean, scale = float(model.arrays["target_mean"]), float(model.arrays["target_scale"])
    output = LOSSES[network.structure.loss]
    targets = output.encode((y - mean) / scale if y.dtype.kind == "f" else y, workspace)
    loss, misses = np.zeros(1), np.zeros(1)
    logits = np.zeros((1, network.structure.outputs, len(y)), np.float32)
    for chunk, inputs in model.inputs(features):
        program, bound = bind(network, row, inputs, targets[chunk], workspace)
        with flushing(network.structure.rules):
            program.forward()
            logits[..., chunk] = bound.logits.values.swapaxes(1, 2)  # computing the loss writes over them
            bound.load()
            loss += bound.total()[:, 0, 0]
            misses += bound.misses()
    return Answers(output, y, loss / len(y), misses, logits, mean, scale)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
