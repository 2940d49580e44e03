"""The interface of samplers: propose the quantiles of trials, purely."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.domain.errors import Fault
from app.domain.options import Options, option_faults
from app.domain.plan import Need, TrialView
from app.domain.space import Space
from app.domain.values import Value

Quantiles: TypeAlias = NDArray[np.float64]
"""Numbers in [0, 1): a row for each trial, a column for each parameter."""


class Sampler(ABC):
    """Proposes the points of a sweep, for many trials at a time.

    What it must be shown says when it is asked:

    - `Need.NOTHING`: ahead of time, by anyone, twice; `history` is empty.
    - `Need.ALL`: for model-based kinds, of which there are none yet. Their trials are drawn in rounds: once all of one
      have stopped, each trial of the next is asked for with all that have finished, so that proposals do not depend on
      who was faster, and rest on the trials of `history`. One that learns from them (a Gaussian process) may do so in a
      child process that is fed what is new since the last round: as it is a pure function of the whole history, a child
      that dies is started again and fed all of it, and gives the same proposals.
    """

    need: Need
    options: Options = MappingProxyType({})

    def faults(self, posted: Mapping[str, Value]) -> Iterator[Fault]:
        """Yield what is wrong with the options in `posted`."""
        yield from option_faults("sampler", posted, self.options)

    @abstractmethod
    def propose(self, space: Space, seed: int, numbers: Sequence[int], history: Sequence[TrialView]) -> Quantiles:
        """Return, for each of `numbers`, one quantile in [0, 1) for every parameter of `space`, in its order.

        Each row is a pure function of the other arguments and its number: the bits are the same whichever numbers are
        asked for together. `seed` (0 to 2^63 - 1) is the sweep's, numbers count trials from 0, and `history` holds the
        finished trials in the order of their numbers; it is empty for samplers that need none.
        """
