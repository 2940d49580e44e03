"""Rows of a file, predicted with a model that is a file too: as the command line does."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.datasets import Note
from app.domain.errors import Fault, InvalidRequest
from app.domain.predictions import PredictedRows
from app.domain.uploads import READING_OF_ROWS, read_reading
from app.models.models import each_of, notes_of
from engine.data import TableError
from engine.data.said import Said
from engine.models import ModelError, Predictions, read_model


@dataclass(frozen=True, slots=True)
class PredictedFile:
    """What a model says of the rows of a file, and what was passed over in them."""

    predictions: Predictions
    notes: Sequence[Note]

    def as_rows(self) -> PredictedRows:
        """Return it as the API answers."""
        return PredictedRows(list(each_of(self.predictions)), self.notes)

    def as_csv(self) -> str:
        """Return it as CSV: the prediction, and the probability of each class."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["prediction", *(f"probability_{name}" for name in self.predictions.classes)])
        for one in each_of(self.predictions):
            writer.writerow([one.prediction, *(one.probabilities or {}).values()])
        return text.getvalue()


def predict_file(model_content: bytes, rows_content: bytes, reading: Sequence[str] = ()) -> PredictedFile:
    """Predict the rows of a CSV file with a model file.

    `reading` are settings like "separator=tab", for what the file and the model leave open. Raises InvalidRequest with
    every fault.
    """
    try:
        model = read_model(model_content)
        table = model.read_csv(rows_content, said=Said(**read_reading(reading, READING_OF_ROWS)))
        return PredictedFile(model.predict(table), notes_of(table))
    except ModelError as error:
        raise InvalidRequest([Fault("/model", detail) for detail in error.faults]) from None
    except TableError as error:
        raise InvalidRequest([Fault("/rows", fault.detail) for fault in error.faults]) from None
