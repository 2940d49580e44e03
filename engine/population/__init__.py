"""Training many members at once: cohorts of equal structure, walked in tiles that fit the cache."""

from engine.population.checkpoint import Checkpoint
from engine.population.cohort import member_bytes
from engine.population.member import Finished, Observation
from engine.population.population import Population, Report

__all__ = ["Checkpoint", "Finished", "Observation", "Population", "Report", "member_bytes"]
