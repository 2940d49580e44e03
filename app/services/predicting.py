"""What can be done with a model that answers rows, be it of a trial or an ensemble: files, predictions and scores."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from app.domain.errors import Fault, InvalidRequest
from app.domain.predictions import Evaluation, PredictedRows
from app.models.evaluation import evaluate_file, evaluate_rows
from app.models.models import Predictor, predict_rows

T = TypeVar("T")

MOST_FILE_BYTES = 64 << 20
"""What a file to score a model on may have, and unpack to: it is read in this process."""


def predict(model: Predictor, rows: Sequence[Any], faults: Sequence[Fault]) -> PredictedRows:
    """Predict rows; `faults` are what else is wrong with the request. Raises InvalidRequest with all of them."""
    return _or_all_faults(lambda: predict_rows(model, rows), faults)


def score_rows(model: Predictor, rows: Sequence[Any], faults: Sequence[Fault]) -> Evaluation:
    """Score a model on rows with their targets. Raises InvalidRequest with all faults."""
    if faults and not rows:  # the rows themselves are at fault
        raise InvalidRequest(faults)
    return _or_all_faults(lambda: evaluate_rows(model, rows), faults)


def score_file(model: Predictor, content: bytes, faults: Sequence[Fault]) -> Evaluation:
    """Score a model on a file. Raises InvalidRequest with all faults."""
    return _or_all_faults(lambda: evaluate_file(model, content, max_bytes=MOST_FILE_BYTES), faults)


def _or_all_faults(answer: Callable[[], T], faults: Sequence[Fault]) -> T:
    """Return the answer, unless there are faults: its own, or those that were found before."""
    try:
        found = answer()
    except InvalidRequest as error:
        raise InvalidRequest([*faults, *error.faults]) from None
    if faults:
        raise InvalidRequest(faults)
    return found
