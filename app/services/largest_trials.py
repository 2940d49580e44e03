"""The largest trial that a sweep may draw: what its quota is asked for, before anything is drawn."""

from collections.abc import Mapping, Sequence

from app.domain.datasets import DatasetSummary
from app.domain.drafts import SweepDraft
from app.domain.quotas import Largest
from app.domain.sweeps import SweepSpec
from app.domain.values import Value
from app.services.budget_checks import most_epochs
from app.services.pools import largest_model


def largest_of(spec: SweepSpec, dataset: DatasetSummary | None) -> Largest:
    """Return the largest trial of the space of a sweep."""
    steps = None if spec.foreign is None else spec.foreign.steps
    return _largest(SweepDraft({}, parameters=spec.space.parameters, fixed=spec.fixed, steps=steps), dataset)


def largest_of_search(search: SweepDraft | None, dataset: DatasetSummary | None) -> Largest:
    """Return the largest trial of a space that a sweep is to have from now on; None is no other one."""
    return Largest() if search is None else _largest(search, dataset)


def largest_of_points(
    points: Sequence[Mapping[str, Value]], spec: SweepSpec, dataset: DatasetSummary | None
) -> Largest:
    """Return the largest trial that points make which somebody picked; they may lie beyond the space."""
    steps, largest = None if spec.foreign is None else spec.foreign.steps, Largest()
    for point in points:
        draft = SweepDraft({}, fixed={**spec.fixed, **point}, steps=steps)
        largest = largest.or_larger(_largest(draft, dataset))
    return largest


def _largest(draft: SweepDraft, dataset: DatasetSummary | None) -> Largest:
    epochs = most_epochs(draft.parameters, draft.fixed) if draft.steps is None else draft.steps
    return Largest(epochs, largest_model(draft, dataset))
