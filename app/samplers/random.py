"""Random search: every quantile is uniform and independent of all the others."""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np

from app.domain.plan import Need, TrialView
from app.domain.space import Space
from app.samplers.base import Quantiles, Sampler
from app.samplers.philox import first_words


class RandomSampler(Sampler):
    """Draws each parameter from a counter-based stream of its own.

    The draw depends on (seed, parameter name, trial number) alone: adding or removing a parameter leaves the
    draws of the others as they were, and no trial needs those before it.
    """

    need = Need.NOTHING

    def propose(
        self,
        space: Space,
        seed: int,
        numbers: Sequence[int],
        history: Sequence[TrialView],  # noqa: ARG002 - the interface of all samplers
    ) -> Quantiles:
        """Return the uniform draws of the trials, doubles in [0, 1) with 53 random bits; `history` does not matter."""
        words = first_words(seed, [_stream(name) for name in space], numbers)
        return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _stream(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:8])
