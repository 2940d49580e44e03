"""Random search: every quantile is uniform and independent of all the others."""

from typing import final

from app.domain.plan import Need
from app.samplers.base import Ask, Quantiles, Sampler
from app.samplers.streams import uniform


@final
class RandomSampler(Sampler):
    """Draws each parameter from a counter-based stream of its own.

    The draw depends on (seed, parameter name, trial number) alone: adding or removing a parameter leaves the
    draws of the others as they were, and no trial needs those before it.
    """

    need = Need.NOTHING

    def propose(self, ask: Ask) -> Quantiles:
        """Return the uniform draws of the trials, doubles in [0, 1) with 53 random bits; `history` does not matter."""
        return uniform(ask.seed, list(ask.space), ask.numbers)
