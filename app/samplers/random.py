"""Random search: every quantile is uniform and independent of all the others."""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np

from app.domain.plan import Need, TrialView
from app.domain.space import Space
from app.samplers.base import Sampler

_NO_WORDS = np.zeros(4, np.uint64)


class RandomSampler(Sampler):
    """Draws each parameter from a counter-based stream of its own.

    The draw depends on (seed, parameter name, trial number) alone: adding or removing a parameter leaves the
    draws of the others as they were, and no trial needs those before it.
    Philox: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
    """

    need = Need.NOTHING

    def propose(
        self,
        space: Space,
        seed: int,
        number: int,
        history: Sequence[TrialView],  # noqa: ARG002 - the interface of all samplers
    ) -> dict[str, float]:
        """Return the uniform draws of trial `number`; `history` does not matter."""
        words = np.random.Philox(key=0)
        return {name: _uniform(words, seed, name, number) for name in space}


def _uniform(words: np.random.Philox, seed: int, name: str, number: int) -> float:
    """Return a double in [0, 1) with 53 random bits, from the start of a stream that `words` is moved to."""
    stream = int.from_bytes(sha256(name.encode()).digest()[:8])
    # Four times as fast as a new Philox, which asks the system for entropy whatever its key.
    words.state = {
        "bit_generator": "Philox",
        "state": {
            "key": np.array([seed, stream], np.uint64),
            "counter": np.array([0, 0, 0, number], np.uint64),
        },
        "buffer": _NO_WORDS,
        "buffer_pos": len(_NO_WORDS),  # all words of the buffer were given out
        "has_uint32": 0,
        "uinteger": 0,
    }
    return int(words.random_raw() >> 11) * 2.0**-53
