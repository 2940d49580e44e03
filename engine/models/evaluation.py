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
from engine.models.model import MAX_CSV_BYTES, Model, require_finite
from engine.models.npz import SIGNATURE
from engine.prediction import bind
from engine.subnormals import flushing


@dataclass(frozen=True, slots=True)
class Scores:
    """Metrics over the rows of a table, by name; None where one has no value.

    For classes the loss, the error (the share of wrong answers) and the accuracy. For numbers the loss, that of
    training, and in the target's own unit the root of the mean squared error, `rmse`, and the mean absolute error,
    `mae`; `r2` is the share of the variance of these rows that the answers explain.
    """

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
    y = read_targets(column, table, data)
    with np.errstate(all="ignore"):  # numbers far from those of training may overflow
        loss, misses, z = _run(model, features, y)
    require_finite(z, table)
    if data["task"] != "regression":
        error = misses / len(y)
        return Scores(len(y), {"loss": loss, "error": error, "accuracy": 1.0 - error})
    scale = float(model.arrays["target_scale"])
    answers = z[:, 0] * scale + model.arrays["target_mean"]
    return Scores(len(y), {"loss": loss, "rmse": math.sqrt(2.0 * loss) * scale, **_of_numbers(answers, y)})


def _run(model: Model, features: Table, y: NDArray[Any]) -> tuple[float, float, NDArray[np.float64]]:
    """Return the mean loss, the count of wrong answers and the logits (rows, outputs)."""
    network, row, workspace = model.network, model.row(), Workspace(np.float32)
    standard = (y - model.arrays["target_mean"]) / model.arrays["target_scale"] if y.dtype.kind == "f" else y
    targets = LOSSES[network.structure.loss].encode(standard, workspace)
    loss, misses, z = 0.0, 0.0, np.zeros((len(y), network.structure.outputs))
    for chunk, inputs in model.inputs(features):
        program, bound = bind(network, row, inputs, targets[chunk], workspace)
        with flushing(network.structure.rules):
            program.forward()
            z[chunk] = bound.logits.values[0]  # computing the loss writes over them
            bound.load()
            loss += float(bound.total()[0, 0, 0])
            misses += float(bound.misses()[0])
    return loss / len(y), misses, z


def _of_numbers(answers: NDArray[np.float64], y: NDArray[np.float64]) -> dict[str, float | None]:
    spread = float(np.sum((y - y.mean()) ** 2))
    unexplained = float(np.sum((y - answers) ** 2))
    return {"mae": float(np.abs(y - answers).mean()), "r2": 1.0 - unexplained / spread if spread > 0.0 else None}
