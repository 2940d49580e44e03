"""Sweeps of foreign trainers: whose code trains them, what it measures, and how far it trains."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.objectives import Direction

EXTERNAL = "external"
"""The trainer of sweeps that foreign code trains, alone or with a name of its own: "external:xgboost"."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """What a sweep says of its foreign trainer: its metrics with their directions, and how many steps a trial takes.

    Steps stand where the epochs of our own networks stand. One that `pauses` keeps what it paused, to go on from there.
    """

    metrics: Mapping[str, Direction]
    steps: int = 1
    pauses: bool = False


def is_foreign(trainer: str) -> bool:
    """Return whether a trainer is foreign code."""
    return trainer == EXTERNAL or trainer.startswith(f"{EXTERNAL}:")
