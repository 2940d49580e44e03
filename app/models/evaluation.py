"""Models scored on rows whose targets are known: from JSON, from uploads, and from files on the command line."""

from collections.abc import Sequence
from typing import Any

from app.domain.errors import Fault, InvalidRequest, pointer
from app.domain.predictions import Evaluation
from app.domain.uploads import READING_OF_ROWS, read_reading
from app.models.models import Predictor, notes_of
from engine.data import Table, TableError
from engine.data.said import Said
from engine.models import ModelError, evaluate, examples_of_file, examples_of_rows, read_model
from engine.models.predictor import MAX_CSV_BYTES


def evaluate_rows(model: Predictor, rows: Sequence[Any]) -> Evaluation:
    """Score a model on rows of JSON. Raises InvalidRequest with every fault, as faults below /rows."""
    try:
        return _scored(model, examples_of_rows(model, rows))
    except TableError as error:
        raise InvalidRequest([Fault(pointer("rows", *fault.place), fault.detail) for fault in error.faults]) from None


def evaluate_file(model: Predictor, content: bytes, *, max_bytes: int, reading: Sequence[str] = ()) -> Evaluation:
    """Score a model on a file: text, also .gz, or NPZ. Raises InvalidRequest with every fault, as faults of /file.

    `reading` are settings like "separator=tab", for what the file and the model leave open.
    """
    said = Said(**read_reading(reading, READING_OF_ROWS))
    try:
        return _scored(model, examples_of_file(model, content, said=said, max_bytes=max_bytes))
    except TableError as error:
        raise InvalidRequest([Fault("/file", fault.detail) for fault in error.faults]) from None


def evaluate_files(model_content: bytes, content: bytes, reading: Sequence[str] = ()) -> Evaluation:
    """Score a model file on a file of rows. Raises InvalidRequest with every fault."""
    try:
        model = read_model(model_content)
    except ModelError as error:
        raise InvalidRequest([Fault("/model", detail) for detail in error.faults]) from None
    return evaluate_file(model, content, max_bytes=MAX_CSV_BYTES, reading=reading)


def _scored(model: Predictor, table: Table) -> Evaluation:
    scores = evaluate(model, table)
    return Evaluation(scores.rows, scores.metrics, notes_of(table))
