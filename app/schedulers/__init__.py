"""Schedulers: each decides at which epochs trials are compared and which go on; pure, one kind per file."""

from collections.abc import Mapping

from app.schedulers.base import Contender, Round, Scheduler, Selection
from app.schedulers.none import NoScheduler
from app.schedulers.successive_halving import SuccessiveHalving

__all__ = ["SCHEDULERS", "Contender", "Round", "Scheduler", "Selection"]

SCHEDULERS: Mapping[str, Scheduler] = {
    "none": NoScheduler(),
    "successive_halving": SuccessiveHalving(),
}
