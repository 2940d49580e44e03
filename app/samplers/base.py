"""The interface of samplers: propose the quantiles of trials, purely."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
"""Numbers from 0 to 1, of which 1 is the upper end of an axis: a row for each trial, a column for each parameter."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a sampler is asked: points of `space` for the trials `numbers`, which are counted from 0 and ascend.

    `seed` (0 to 2^63 - 1) is the sweep's, `rules` the version of the rules by which quantiles become values, `fixed`
    what conditions and constraints may look at besides, `options` those that were posted, without faults. `history`
    are the trials that have stopped, in the order of their numbers, all below `numbers`; empty for samplers that need
    none. For the others `numbers` are one whole batch, or its first part where the budget ends.
    """

    space: Space
    numbers: Sequence[int]
    seed: int
    rules: int
    fixed: Mapping[str, Value] = field(default_factory=dict)
    options: Mapping[str, Value] = field(default_factory=dict)
    history: Sequence[TrialView] = ()


class Sampler(ABC):
    """Proposes the points of a sweep, for many trials at a time.

    What it must be shown says when it is asked:

    - `Need.NOTHING`: ahead of time, by anyone, twice; `history` is empty.
    - `Need.ALL`: for kinds that learn. Their trials are drawn in rounds: once all of one have stopped, those of the
      next are asked for together with all that have stopped, so that proposals do not depend on who was faster, and
      rest on the trials of `history`. As it is a pure function of the whole history, who asks may be a child process
      that dies and is started again.
    """

    need: Need
    options: Options = MappingProxyType({})

    def faults(
        self,
        posted: Mapping[str, Value],
        space: Space,  # noqa: ARG002 - for kinds whose options name parameters
        fixed: Mapping[str, Value],  # noqa: ARG002
    ) -> Iterator[Fault]:
        """Yield what is wrong with the options in `posted`; the space may have faults, which are told elsewhere."""
        yield from option_faults("sampler", posted, self.options)

    def points(self, ask: Ask) -> int | None:  # noqa: ARG002 - most kinds never come to an end
        """Return how many points there are, for a kind that can be exhausted; None is no end.

        `numbers` and `history` of the question do not matter.
        """
        return None

    @abstractmethod
    def propose(self, ask: Ask) -> Quantiles:
        """Return, for each of the numbers, one quantile for every parameter of the space, in its order.

        The answer is a pure function of what is asked. Where nothing needs to be shown, each row follows from its own
        number: the bits are the same whichever numbers are asked for together. Else those of a batch may follow from
        the rows before them in it: the first k of a batch are the same, however many are asked for.
        """
