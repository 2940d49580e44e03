"""Samplers: each proposes the hyperparameters of trials by their numbers; pure, one kind per file."""

from collections.abc import Mapping

from app.samplers.base import Ask, Sampler
from app.samplers.random import RandomSampler

__all__ = ["SAMPLERS", "Ask", "Sampler"]

SAMPLERS: Mapping[str, Sampler] = {
    "random": RandomSampler(),
}
