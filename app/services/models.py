"""Use cases of trained models: the card, the files and the predictions of the best trials."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from threading import Lock
from typing import Any, TypeVar, final

from app.contract.hyperparameters import complete
from app.domain.errors import Conflict, Fault, InvalidRequest, NotFound
from app.domain.predictions import Evaluation, PredictedRows
from app.domain.sweeps import SweepSpec
from app.domain.trials import KeptModel, Trial
from app.domain.values import LARGEST_WHOLE, Value
from app.models.evaluation import evaluate_file, evaluate_rows
from app.models.models import Format, Model, model_file, predict_rows, trained_model
from app.storage.interface import Storage

T = TypeVar("T")

MOST_FILE_BYTES = 64 << 20
"""What a file to score a model on may have, and unpack to: it is read in this process."""

RECENT = 4
"""Models that stay in memory for requests to come."""


@final
class Models:
    """The models that were kept: those of the best trials of each sweep.

    The normalisation of a model is learned from its data set, so that making one takes a multiple of the memory of
    that: one is made at a time, and the last few stay. A trial that is not final may get a better model.

    Every use case raises NotFound; Conflict if a trainer sent weights that do not fit the network.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._recent: OrderedDict[tuple[str, int, bytes], Model] = OrderedDict()
        self._making = Lock()

    def card(self, sweep: str, number: int) -> Mapping[str, Any]:
        """Return what the model of a trial is made of, as plain JSON."""
        return self._model(sweep, number).card

    def file(self, sweep: str, number: int, file_format: Format) -> bytes:
        """Return the model of a trial as a file. Raises NotInstalled if the format needs a package that is missing."""
        return model_file(self._model(sweep, number), file_format)

    def predict(self, sweep: str, number: int, rows: Sequence[Any], faults: Sequence[Fault]) -> PredictedRows:
        """Predict rows with the model of a trial; `faults` are what else is wrong with the request.

        Raises InvalidRequest with all of them.
        """
        model = self._model(sweep, number)
        return _or_all_faults(lambda: predict_rows(model, rows), faults)

    def evaluate_rows(self, sweep: str, number: int, rows: Sequence[Any], faults: Sequence[Fault]) -> Evaluation:
        """Score the model of a trial on rows with their targets. Raises InvalidRequest with all faults."""
        model = self._model(sweep, number)
        if faults and not rows:  # the rows themselves are at fault
            raise InvalidRequest(faults)
        return _or_all_faults(lambda: evaluate_rows(model, rows), faults)

    def evaluate_file(self, sweep: str, number: int, content: bytes, faults: Sequence[Fault]) -> Evaluation:
        """Score the model of a trial on a file. Raises InvalidRequest with all faults."""
        model = self._model(sweep, number)
        return _or_all_faults(lambda: evaluate_file(model, content, max_bytes=MOST_FILE_BYTES), faults)

    def _model(self, sweep: str, number: int) -> Model:
        with self._making:
            kept = self._kept(sweep, number)  # other trials may have become better
            key = sweep, number, sha256(kept.weights).digest()
            if key not in self._recent:
                self._recent[key] = self._made(sweep, number, kept)
            self._recent.move_to_end(key)
            if len(self._recent) > RECENT:
                self._recent.popitem(last=False)
            return self._recent[key]

    def _made(self, sweep: str, number: int, kept: KeptModel) -> Model:
        trial = self._storage.trial(sweep, number)
        spec, dataset = self._storage.sweep_spec(sweep)
        if dataset is None:
            raise _no_models(sweep, spec)
        about = {
            "sweep": sweep,
            "trial": trial.number,
            "seed": spec.seed,
            "dataset": dataset.name,
            "dataset_sha256": dataset.sha256,
            "task": dataset.task,
            "best_epoch": kept.best_epoch,
            "epochs": kept.epochs,
            "metrics": kept.metrics,
            **({"train_on_dev": True} if spec.train_on_dev else {}),
            **({"folds": spec.folds, "fold": 0} if spec.folds > 1 else {}),
        }
        content = self._storage.content_of(dataset.sha256)
        try:
            return trained_model(
                kept.weights, _params(spec, trial), content, kept.made_with, about, spec.rules, spec.trained_on
            )
        except ValueError as error:
            detail = f"The weights that were sent for trial {number} do not fit its network: {error}"
            raise Conflict(detail) from None

    def _kept(self, sweep: str, number: int) -> KeptModel:
        spec, dataset = self._storage.sweep_spec(sweep)
        if dataset is None:
            raise _no_models(sweep, spec)
        model = self._storage.model(sweep, number) if 0 <= number <= LARGEST_WHOLE else None
        if model is None:
            raise NotFound(
                f"The weights of trial {number} are not stored: only those of the best {spec.keep_models} "
                f"finished trials are kept. GET /v1/sweeps/{sweep}/best shows the best one."
            )
        return model


def _or_all_faults(answer: Callable[[], T], faults: Sequence[Fault]) -> T:
    """Return the answer, unless there are faults: its own, or those that were found before."""
    try:
        found = answer()
    except InvalidRequest as error:
        raise InvalidRequest([*faults, *error.faults]) from None
    if faults:
        raise InvalidRequest(faults)
    return found


def _no_models(sweep: str, spec: SweepSpec) -> Conflict:
    rule = f"The sweep {sweep} is trained by {spec.trainer}, and the models of foreign trainers are not kept here"
    return Conflict(f"{rule}. Its trainer has them; GET /v1/sweeps/{sweep}/best shows the best trial.")


def _params(spec: SweepSpec, trial: Trial) -> Mapping[str, Value]:
    return complete(spec.fixed, trial.params)
