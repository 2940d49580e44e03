"""Training many members at once: cohorts of equal structure, walked in tiles that fit the cache."""

from engine.population.checkpoint import Checkpoint, CheckpointError
from engine.population.heirs import heir_of
from engine.population.member import Finished, Observation, Paused
from engine.population.population import Population, Report
from engine.population.rows import member_bytes
from engine.population.scoring import Departure, score

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "Departure",
    "Finished",
    "Observation",
    "Paused",
    "Population",
    "Report",
    "heir_of",
    "member_bytes",
    "score",
]
