"""Random search: every quantile is uniform and independent of all the others."""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np

from app.domain.space import Space
from app.samplers.base import Observation, Sampler


class RandomSampler(Sampler):
    """Draws each parameter from a counter-based stream of its own.

    The draw depends on (seed, parameter name, trial number) alone: adding or removing a parameter leaves the
    draws of the others as they were, and no trial needs those before it.
    Philox: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
    """

    uses_history = False

    def propose(
        self,
        space: Space,
        seed: int,
        number: int,
        history: Sequence[Observation],  # noqa: ARG002 - the interface of all samplers
    ) -> dict[str, float]:
        """Return the uniform draws of trial `number`; `history` does not matter."""
        return {name: _uniform(seed, name, number) for name in space}


def _uniform(seed: int, name: str, number: int) -> float:
    """Return a double in [0, 1) with 53 random bits."""
    stream = int.from_bytes(sha256(name.encode()).digest()[:8])
    words = np.random.Philox(key=np.array([seed, stream], np.uint64), counter=np.array([0, 0, 0, number], np.uint64))
    return int(words.random_raw() >> 11) * 2.0**-53
