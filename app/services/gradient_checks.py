"""The use case of checking the gradient of a network on a stored data set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import final

from app.contract.hyperparameters import fixed_data_faults, plain
from app.domain.errors import Fault, InvalidRequest, NotFound
from app.domain.values import Value
from app.services.datasets import every_name
from app.services.sweep_checks import unknown_dataset
from app.storage.interface import Storage
from app.trainer.gradient_check import GradientCheck, check_gradients, fixed_faults, work_faults


@dataclass(frozen=True, slots=True)
class GradientCheckDraft:
    """What the user posted, before its rules are checked; None where it could not be read."""

    dataset: str | None
    fixed: Mapping[str, Value] = field(default_factory=dict)
    seed: int | None = None
    steps: int | None = None


@final
class GradientChecks:
    """Checks of gradients; nothing of them is kept."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def check(self, draft: GradientCheckDraft, faults: Sequence[Fault]) -> Sequence[GradientCheck]:
        """Check a network at its start and after some steps. `faults` are those that reading the request found.

        Raises InvalidRequest with these and all others together.
        """
        draft = replace(draft, fixed={name: plain(name, value) for name, value in draft.fixed.items()})
        every = [*faults, *self._dataset_faults(draft), *fixed_faults(draft.fixed)]
        if every or draft.dataset is None or draft.seed is None or draft.steps is None:
            raise InvalidRequest(every)
        _, content = self._storage.dataset_content(draft.dataset)
        return check_gradients(content, draft.fixed, draft.seed, draft.steps)

    def _dataset_faults(self, draft: GradientCheckDraft) -> Sequence[Fault]:
        if draft.dataset is None:
            return []
        try:
            dataset = self._storage.dataset(draft.dataset)
        except NotFound:
            return [unknown_dataset(draft.dataset, every_name(self._storage))]
        return [
            *work_faults(draft.fixed, draft.steps, dataset.features, dataset.outputs),
            *fixed_data_faults(draft.fixed, dataset.card),
        ]
