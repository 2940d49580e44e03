"""What kinds that learn propose before any trial has shown a cost: points that fill the space."""

from app.samplers.base import Ask, Quantiles
from app.samplers.sobol import DIMENSIONS, SobolSampler
from app.samplers.streams import uniform


def unlearnt(ask: Ask) -> Quantiles:
    """Return a batch that rests on nothing: Sobol's, as far as its dimensions reach."""
    if len(ask.space) > DIMENSIONS:
        return uniform(ask.seed, list(ask.space), ask.numbers)
    return SobolSampler().propose(ask)
