"""What is sent to the server, as typed keywords: the fields are those of the REST API."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

Space = Mapping[str, Mapping[str, Any]]
Scope = Literal["read", "submit", "work", "admin"]


class SweepRequest(TypedDict, total=False):
    """A sweep to start, field by field as in `POST /v1/sweeps`.

    A budget that is a number counts trials; a sampler, a scheduler and an objective may be their names alone.
    """

    name: str
    tags: Sequence[str]
    notes: str
    priority: int
    trainer: str
    metrics: Mapping[str, str]
    steps: int
    pauses: bool
    dataset: str
    seed: int
    space: Space
    constraints: Sequence[str]
    fixed: Mapping[str, Any]
    objective: str | Mapping[str, Any]
    sampler: str | Mapping[str, Any]
    scheduler: str | Mapping[str, Any]
    early_stopping: Mapping[str, Any]
    budget: int | Mapping[str, Any]
    replicates: int
    folds: int
    confirm: Mapping[str, Any]
    keep_models: int
    duplicates: Literal["seed", "skip", "reuse"]
    pool: int
    history: Mapping[str, Any]


class Changes(TypedDict, total=False):
    """What changes of a sweep; what is left out stays as it is."""

    name: str
    tags: Sequence[str]
    notes: str
    priority: int
    budget: Mapping[str, Any]
    space: Space
    constraints: Sequence[str]


class QuotaLimits(TypedDict, total=False):
    """The most that an access key may have of sweeps and bytes at a time, and use of trials and epochs; None: no limit.

    Those that are left out stay as they are, which for a new key is without a limit.
    """

    sweeps: int | None
    trials: int | None
    epochs: int | None
    bytes: int | None


class UploadFields(TypedDict, total=False):
    """How a table is to be read and split; the README of the server has the meaning of each."""

    target: str
    task: Literal["classification", "regression"]
    categorical: Sequence[str]
    split: str | Sequence[float]
    split_seed: int
    image: str | Sequence[int]
    group: str
    order: str
    ignore: Sequence[str]
    separator: str
    header: str
    encoding: str
    decimal: str
    thousands: str
    dates: str
    missing: Sequence[str]
    missing_target: str


_SHORT = {"budget": "trials", "sampler": "kind", "scheduler": "kind", "objective": "metric"}
"""Fields that may be the value of one of their parts alone."""


def written_out(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request of a sweep as the server takes it."""
    return {
        name: {_SHORT[name]: value} if name in _SHORT and isinstance(value, int | str) else value
        for name, value in request.items()
    }
