"""History: what a sweep knows of those before it, copied when it was posted, so that their deletion changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.values import Value

MOST_SWEEPS, MOST_TRIALS = 10, 2_000
"""A sweep learns from so many earlier sweeps at most, and from so many of their trials, all together."""


@dataclass(frozen=True, slots=True)
class EarlierSweep:
    """The trials of an earlier sweep that lie in the new space: their points, and their costs (lower is better).

    Costs can be compared within the sweep alone; infinite ones are the worst. It had the `same_data`, or other ones.
    """

    sweep: str
    same_data: bool
    params: Sequence[Mapping[str, Value]]
    costs: Sequence[float]


@dataclass(frozen=True, slots=True)
class Source:
    """An earlier sweep that was copied from: how many `trials`, and whether it had the same data set."""

    sweep: str
    trials: int
    same_data: bool


@dataclass(frozen=True, slots=True)
class Copied:
    """What is to be stored of an earlier sweep, and the hash of its data set, if it had one."""

    earlier: EarlierSweep
    dataset_sha256: str | None

    @property
    def source(self) -> Source:
        """What the sweep's answer says of it."""
        return Source(self.earlier.sweep, len(self.earlier.params), self.earlier.same_data)
