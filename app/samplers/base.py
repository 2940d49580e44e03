"""The interface of samplers: propose the quantiles of trial n, purely."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.space import Space, Value


@dataclass(frozen=True, slots=True)
class Observation:
    """A finished trial as a sampler sees it: `value` is None where training diverged or failed."""

    number: int
    params: Mapping[str, Value]
    value: float | None


class Sampler(ABC):
    """Proposes the points of a sweep, one trial at a time."""

    uses_history: bool
    """Whether proposals depend on finished trials. If not, trials may be drawn ahead, by anyone, twice."""

    @abstractmethod
    def propose(self, space: Space, seed: int, number: int, history: Sequence[Observation]) -> dict[str, float]:
        """Return one quantile in [0, 1) for every parameter of `space`.

        The answer is a pure function of the arguments. `seed` (0 to 2^63 - 1) is the sweep's, `number` counts
        trials from 0, and `history` holds the finished trials in the order of their numbers; it is empty for
        samplers that do not use it.
        """
