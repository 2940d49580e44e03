"""Schedulers: each decides at which epochs trials are compared and which go on; pure, one kind per file."""

from collections.abc import Mapping

from app.schedulers.base import Scheduler
from app.schedulers.none import NoScheduler

__all__ = ["SCHEDULERS", "Scheduler"]

SCHEDULERS: Mapping[str, Scheduler] = {
    "none": NoScheduler(),
}
