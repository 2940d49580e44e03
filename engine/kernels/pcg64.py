"""The words of NumPy's generator PCG64, for several generators at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.kernels.base import Kernel, changes, reads, writes

States = NDArray[np.uint64]
_HALF = 64


def pcg64(states: States, drawn: NDArray[np.bool_], draws: NDArray[np.uint64]) -> None:
    """Write the next words of the generators that are `drawn` from; a state is as `state_halves` returns it."""
    generator: Any = np.random.PCG64(0)
    for row in np.flatnonzero(drawn):
        high, low, step_high, step_low = map(int, states[row])
        numbers = {"state": high << _HALF | low, "inc": step_high << _HALF | step_low}
        generator.state = {"bit_generator": "PCG64", "state": numbers, "has_uint32": 0, "uinteger": 0}
        draws[row] = generator.random_raw(draws.shape[1])
        states[row] = state_halves(generator)


def state_halves(generator: Any) -> tuple[int, int, int, int]:
    """Return the state of a PCG64 and its increment, the high half of each before the low one."""
    numbers = generator.state["state"]
    state, step = numbers["state"], numbers["inc"]
    mask = (1 << _HALF) - 1
    return state >> _HALF, state & mask, step >> _HALF, step & mask


PCG64 = Kernel(pcg64, [changes("r4", "long words"), reads("r1", "flags"), writes("rd", "long words")])
