"""Use cases of trained models: the card and the weights of the best trials."""

from collections.abc import Mapping
from typing import Any, final

from app.domain.errors import Conflict, NotFound
from app.domain.space import Value
from app.domain.sweeps import SweepSpec
from app.domain.trials import KeptModel, Trial
from app.storage import Storage
from app.training.hyperparameters import complete
from app.training.models import model_card, model_npz


@final
class Models:
    """The models that were kept: those of the best trials of each sweep."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def card(self, sweep: str, number: int) -> dict[str, Any]:
        """Return what the model of a trial is made of, as plain JSON. Raises NotFound."""
        model = self._kept(sweep, number)
        return self._card(sweep, self._storage.trial(sweep, number), model)

    def npz(self, sweep: str, number: int) -> bytes:
        """Return the model of a trial as an NPZ file: weights, normalisation and card.

        Raises NotFound; Conflict if a trainer sent weights that do not fit the network.
        """
        model = self._kept(sweep, number)
        trial = self._storage.trial(sweep, number)
        spec, dataset = self._storage.sweep_spec(sweep)
        content = self._storage.content_of(dataset.sha256)
        try:
            return model_npz(model.weights, _params(spec, trial), content, self._card(sweep, trial, model))
        except ValueError as error:
            detail = f"The weights that were sent for trial {number} do not fit its network: {error}."
            raise Conflict(detail) from None

    def _card(self, sweep: str, trial: Trial, model: KeptModel) -> dict[str, Any]:
        spec, dataset = self._storage.sweep_spec(sweep)
        about = {
            "sweep": sweep,
            "trial": trial.number,
            "seed": spec.seed,
            "dataset": dataset.name,
            "dataset_sha256": dataset.sha256,
            "task": dataset.task,
            "best_epoch": trial.best_epoch,
            "epochs": trial.epochs,
            "metrics": trial.metrics,
        }
        return model_card(_params(spec, trial), dataset.card, model.made_with, about)

    def _kept(self, sweep: str, number: int) -> KeptModel:
        spec, _ = self._storage.sweep_spec(sweep)
        model = self._storage.model(sweep, number) if 0 <= number < 2**63 else None
        if model is None:
            raise NotFound(
                f"The weights of trial {number} are not stored: only those of the best {spec.keep_models} "
                f"finished trials are kept. GET /v1/sweeps/{sweep}/best shows the best one."
            )
        return model


def _params(spec: SweepSpec, trial: Trial) -> Mapping[str, Value]:
    return complete({**spec.fixed, **trial.params})
