"""Which metrics the trials of a sweep may have."""

from collections.abc import Mapping

from app.contract.metrics import measures_of
from app.domain.datasets import DatasetSummary
from app.domain.objectives import Direction
from app.domain.sweeps import SweepSpec


def metrics_of(spec: SweepSpec, dataset: DatasetSummary | None) -> Mapping[str, Direction]:
    """Return the metrics that the trials of a sweep may have."""
    if dataset is None:
        return spec.foreign.metrics if spec.foreign else {}
    return {measure.name: measure.direction for measure in measures_of(dataset.task)}
