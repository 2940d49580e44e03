"""Answers on the server itself, and on what it knows."""

from datetime import datetime
from typing import Any, Literal

from logsweep.answers import Answer, Direction


class GradientCheckAnswer(Answer):
    """Whether the gradient of a network is right."""

    ratio: float | None
    verdict: Literal["great", "look", "worry"]
    checks: list[dict[str, Any]]


class HyperparameterAnswer(Answer):
    """A hyperparameter: what it means, what it may be, and what it is where nothing is said."""

    name: str
    role: str
    meaning: str
    rule: str
    json_schema: dict[str, Any]
    kinds: list[Literal["float", "int", "choice"]]
    default: Any
    aliases: list[dict[str, Any]]
    replaces: str | None


class MetricAnswer(Answer):
    """A metric of one part of the data."""

    name: str
    part: str
    meaning: str
    direction: Direction
    tasks: list[str]
    objective_of: list[str]


class HeldTrials(Answer):
    """The trials of one sweep that a worker holds."""

    sweep: str
    trials: list[int]


class WorkerAnswer(Answer):
    """A live worker, and what it trains."""

    name: str
    trainer: str | None
    rules: int | None
    version: str | None
    slots: int | None
    memory_bytes: int | None
    epochs_per_second: float
    since: datetime
    heard_at: datetime
    training: list[HeldTrials]


class HealthAnswer(Answer):
    """Whether the server is well, and what it runs on."""

    status: str
    version: str
    sqlite: str | None = None
