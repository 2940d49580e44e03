"""Kept weights as models: their files, and what they predict."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, Literal

import numpy as np

from app.contract.structure import structure_of
from app.domain.datasets import Note
from app.domain.errors import Fault, InvalidRequest, NotInstalled, pointer
from app.domain.predictions import PredictedRows, Prediction
from app.domain.sweeps import TRAIN_ALONE, TrainedOn
from app.domain.values import Value
from engine.data import Dataset, Table, TableError
from engine.data.cross_validation import fold_of, whole_of
from engine.models import FORMATS, MissingExtra, Model, Predictions, Predictor
from engine.training_set import LOSS_OF_TASK, outputs_of

__all__ = ["Format", "Model", "Predictor", "model_file", "predict_rows", "trained_model"]

Format = Literal["npz", "safetensors", "onnx"]

MOST_VALUES = 1_000_000
"""The most cells that the rows of one request may have, and the most probabilities that its answer may hold."""


def trained_model(
    weights: bytes,
    params: Mapping[str, Value],
    dataset_content: bytes,
    made_with: Mapping[str, str],
    about: Mapping[str, object],
    rules: int,
    trained_on: TrainedOn = TRAIN_ALONE,
) -> Model:
    """Return the model of a trial with these hyperparameters, all of them, that was trained by a version of the rules.

    `about` goes into its card and says where it comes from (sweep, trial, seed, metrics). The bits of a trial hold for
    one kind of processor and one set of library versions: `made_with` names those of the worker that trained it.
    What it was `trained_on` tells how its inputs were normalised.
    Raises ValueError if the weights do not fit the network.
    """
    dataset = trained_dataset(dataset_content, trained_on)
    structure = structure_of(params, dataset.x_train.shape[1], outputs_of(dataset), LOSS_OF_TASK[dataset.task], rules)
    card = {**about, "hyperparameters": dict(params), "made_with": dict(made_with)}
    row = np.frombuffer(weights, "<f4")
    return Model.of(structure, row, dataset, normalize_inputs=bool(params["normalize_inputs"]), about=card)


def trained_dataset(dataset_content: bytes, trained_on: TrainedOn) -> Dataset:
    """Return a data set with the rows in its training part that a trial's first network learns from."""
    dataset = Dataset.from_bytes(dataset_content)
    if trained_on.folds > 1:
        dataset = fold_of(dataset, trained_on.folds, 0)
    return whole_of(dataset) if trained_on.dev else dataset


def model_file(model: Predictor, file_format: Format) -> bytes:
    """Return a model as a file. Raises NotInstalled."""
    try:
        return FORMATS[file_format](model)
    except MissingExtra as error:
        raise NotInstalled(str(error)) from None


def predict_rows(model: Predictor, rows: Sequence[Any]) -> PredictedRows:
    """Predict rows of JSON. Raises InvalidRequest with every fault, as faults below /rows."""
    if faults := list(_size_faults(model, len(rows))):
        raise InvalidRequest(faults)
    try:
        table = model.read_rows(rows)
        return PredictedRows(list(each_of(model.predict(table))), notes_of(table))
    except TableError as error:
        raise InvalidRequest([Fault(pointer("rows", *fault.place), fault.detail) for fault in error.faults]) from None


def _size_faults(model: Predictor, rows: int) -> Iterator[Fault]:
    for values, each in {"cells": len(model.encodings), "probabilities": len(model.classes)}.items():
        if rows * each > MOST_VALUES:
            made = f"{rows:,} rows make {rows * each:,} {values}, {each:,} each; at most {MOST_VALUES:,} are possible"
            yield Fault("/rows", f"{made}. Send the rows in parts.")


def notes_of(table: Table) -> list[Note]:
    """Return what was guessed or passed over in reading rows for a model."""
    return [Note(**note.card()) for note in table.notes]


def each_of(found: Predictions) -> Iterable[Prediction]:
    """Return each prediction: the class with the probability of each, or a number alone."""
    if found.probabilities is None:
        return map(Prediction, found.values.tolist(), repeat(None))
    probabilities = (dict(zip(found.classes, row, strict=True)) for row in found.probabilities.tolist())
    return map(Prediction, found.values.tolist(), probabilities)
