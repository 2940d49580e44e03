"""Use cases of trained models: those of the best trials, made ready to answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from threading import Lock
from typing import TypeVar, final

from app.contract.hyperparameters import complete
from app.domain.answered import PartAnswers, ScoredPart
from app.domain.datasets import DatasetSummary
from app.domain.ensembles import PoolEntry
from app.domain.errors import Conflict, NotFound
from app.domain.sweeps import SweepSpec
from app.domain.trials import Ancestor, KeptModel, Trial
from app.domain.values import LARGEST_WHOLE, Value
from app.models.answer_table import AnswerTable
from app.models.ensembles import Pool, PoolModel
from app.models.models import Model, trained_model
from app.services.recent import Recent
from app.storage.interface import Storage

T = TypeVar("T")

RECENT = 4
"""Models that stay in memory for requests to come."""

ANSWERED = 16
"""Models whose answers to a part stay in memory: some 100 KB each."""


@final
class Models:
    """The models that were kept: those of the best trials of each sweep.

    The normalisation of a model is learned from its data set, so that making one takes a multiple of the memory of
    that: one is made at a time, and the last few stay. A trial that is not final may get a better model.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._recent = Recent[Model](RECENT)
        self._answered = Recent[PartAnswers](ANSWERED)
        self._tabling = Lock()  # each takes a multiple of its data set

    def get(self, sweep: str, number: int) -> Model:
        """Return the model of a trial. Raises NotFound; Conflict if weights were sent that do not fit the network."""
        kept = self._kept(sweep, number)  # other trials may have become better
        key = sweep, number, sha256(kept.weights).digest()
        return self._recent.get(key, lambda: self._made(sweep, number, kept))

    def answers(self, sweep: str, number: int, part: ScoredPart) -> PartAnswers:
        """Return what the model of a trial answers on a part, against what is there.

        Raises NotFound; Conflict if the part has no rows or was trained on, or if weights do not fit.
        """
        kept = self._kept(sweep, number)
        key = sweep, number, sha256(kept.weights).digest(), part
        return self._answered.get(key, lambda: self._of_part(sweep, number, part, kept, Pool.part_answers))

    def answer_table(self, sweep: str, number: int, part: ScoredPart) -> AnswerTable:
        """Return what the model of a trial answers to each row of a part. Raises the same."""
        kept = self._kept(sweep, number)
        with self._tabling:
            return self._of_part(sweep, number, part, kept, Pool.answer_table)

    def kept(self, sweep: str) -> list[PoolEntry]:
        """Return whose models are kept, of final trials, best first. Raises NotFound."""
        return self._storage.pool(sweep)

    def _of_part(
        self,
        sweep: str,
        number: int,
        part: ScoredPart,
        kept: KeptModel,
        answer: Callable[[Pool, ScoredPart, list[int]], T],
    ) -> T:
        spec, dataset = self._storage.sweep_spec(sweep)
        data = require_models(sweep, spec, dataset)
        require_part(sweep, spec, data, part)
        params = params_of_model(spec, self._storage.trial(sweep, number))
        model = PoolModel(number, kept.weights, params, kept.made_with, {})
        try:
            content = self._storage.content_of(data.sha256)
            return answer(Pool([model], content, spec.rules, spec.trained_on), part, [1])
        except ValueError as error:
            raise Conflict(f"The weights that were sent for trial {number} give no answers: {error}") from None

    def _made(self, sweep: str, number: int, kept: KeptModel) -> Model:
        trial = self._storage.trial(sweep, number)
        spec, dataset = self._storage.sweep_spec(sweep)
        data = require_models(sweep, spec, dataset)
        content = self._storage.content_of(data.sha256)
        lineage = self._storage.lineage(sweep, [number]).get(number, ())
        about = {**about_data(sweep, spec, data), **about_trial(number, kept, lineage)}
        params = params_of_model(spec, trial)
        try:
            return trained_model(kept.weights, params, content, kept.made_with, about, spec.rules, spec.trained_on)
        except ValueError as error:
            detail = f"The weights that were sent for trial {number} do not fit its network: {error}"
            raise Conflict(detail) from None

    def _kept(self, sweep: str, number: int) -> KeptModel:
        spec, dataset = self._storage.sweep_spec(sweep)
        require_models(sweep, spec, dataset)
        model = self._storage.model(sweep, number) if 0 <= number <= LARGEST_WHOLE else None
        if model is None:
            self._require_own_result(sweep, number)
            raise NotFound(
                f"The weights of trial {number} are not stored: only those of the best {spec.kept_models} "
                f"finished trials are kept. GET /v1/sweeps/{sweep}/best shows the best one."
            )
        return model

    def _require_own_result(self, sweep: str, number: int) -> None:
        if 0 <= number <= LARGEST_WHOLE and (first := self._storage.trial(sweep, number).same_as) is not None:
            way = f"GET /v1/sweeps/{sweep}/trials/{first}/model may have its model."
            raise NotFound(f"Trial {number} was not trained: it has the point and the result of trial {first}. {way}")


def require_models(sweep: str, spec: SweepSpec, dataset: DatasetSummary | None) -> DatasetSummary:
    """Return the data set of a sweep. Raises Conflict if a foreign trainer trains it, whose models are not kept."""
    if dataset is None:
        rule = f"The sweep {sweep} is trained by {spec.trainer}, and the models of foreign trainers are not kept here"
        raise Conflict(f"{rule}. Its trainer has them; GET /v1/sweeps/{sweep}/best shows the best trial.")
    return dataset


def require_part(sweep: str, spec: SweepSpec, dataset: DatasetSummary, part: ScoredPart) -> None:
    """Raise Conflict if a part of the data set has no rows, or was trained on."""
    if part == "dev" and spec.train_on_dev:
        rule = f"The sweep {sweep} has trained on dev as well, so that answers there say nothing of new rows"
        raise Conflict(f"{rule}. Ask for part=test.")
    if not dataset.rows.get(part):
        raise Conflict(f"The data set {dataset.name} has no rows in its {part} part. Ask for part=dev.")


def about_data(sweep: str, spec: SweepSpec, dataset: DatasetSummary) -> dict[str, object]:
    """Return what the cards of all models of a sweep say of where they come from."""
    return {
        "sweep": sweep,
        "seed": spec.seed,
        "dataset": dataset.name,
        "dataset_sha256": dataset.sha256,
        "task": dataset.task,
        **({"train_on_dev": True} if spec.train_on_dev else {}),
        **({"folds": spec.folds, "fold": 0} if spec.folds > 1 else {}),
    }


def about_trial(number: int, kept: KeptModel, lineage: Sequence[Ancestor] = ()) -> dict[str, object]:
    """Return what the card of a model says of its training; of one that goes on from others, from which."""
    told = {"trial": number, "best_epoch": kept.best_epoch, "epochs": kept.epochs, "metrics": kept.metrics}
    return {**told, **({"lineage": [asdict(one) for one in lineage]} if lineage else {})}


def params_of_model(spec: SweepSpec, trial: Trial) -> Mapping[str, Value]:
    """Return all hyperparameters that a trial of our own trainer was trained with."""
    return complete(spec.fixed, trial.params)
