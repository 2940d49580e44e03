"""Schedulers: each decides at which epochs trials are compared and which go on; pure, one kind per file."""

from collections.abc import Mapping

from app.schedulers.asha import Asha
from app.schedulers.base import RoundComposer, RungScheduler, Scheduler
from app.schedulers.board import Board, Heir, Standing, Step
from app.schedulers.bracket import Bracket, Contender, Round, Selection
from app.schedulers.hyperband import Hyperband
from app.schedulers.median import MedianStopping
from app.schedulers.none import NoScheduler
from app.schedulers.pbt import PopulationBasedTraining
from app.schedulers.stopping import Passed, Stopping
from app.schedulers.successive_halving import SuccessiveHalving
from app.schedulers.thaw import Thaw

__all__ = [
    "SCHEDULERS",
    "Board",
    "Bracket",
    "Contender",
    "Heir",
    "Passed",
    "Round",
    "RoundComposer",
    "RungScheduler",
    "Scheduler",
    "Selection",
    "Standing",
    "Step",
    "Stopping",
]

SCHEDULERS: Mapping[str, Scheduler] = {
    "none": NoScheduler(),
    "successive_halving": SuccessiveHalving(),
    "hyperband": Hyperband(),
    "median": MedianStopping(),
    "asha": Asha(),
    "thaw": Thaw(),
    "pbt": PopulationBasedTraining(),
}
