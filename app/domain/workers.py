"""Workers as the service sees them: what it heard of each lately, and what each holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of a live worker; None stands for what it has not said.

    `epochs_per_second` is an exponentially weighted average over about ten seconds.
    """

    name: str
    trainer: str | None
    rules: int | None
    version: str | None
    slots: int | None
    memory_bytes: int | None
    since: datetime
    heard_at: datetime
    epochs_per_second: float


@dataclass(frozen=True, slots=True)
class Worker:
    """A live worker, and the numbers of the trials that it holds, by their sweeps."""

    heard: Heard
    training: Mapping[str, Sequence[int]] = field(default_factory=dict)
