"""A population: everything one process trains, cohort after cohort, with members coming and going."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from engine.population.checkpoint import Checkpoint
from engine.population.cohort import Cohort
from engine.population.member import Finished, Observation
from engine.spec import MemberSpec, Structure
from engine.training_set import TrainingSet


@dataclass(frozen=True, slots=True)
class Report:
    """What one epoch of one cohort gave: an observation for each member, and the members that ended."""

    observations: Sequence[tuple[str, Observation]] = field(default_factory=list)
    finished: Sequence[tuple[str, Finished]] = field(default_factory=list)


@dataclass(slots=True)
class _Share:
    """A cohort and the training time it has had, in seconds of the clock."""

    cohort: Cohort
    spent: float


Home: TypeAlias = tuple[Structure, int]
"""What members must have in common to share a cohort: their structure, and the data set they train on."""


class Population:
    """Members under names of the caller's choice, each trained to its end by repeated `train_epoch`.

    The cohort that has had the least training time goes first: small networks do not wait for large ones.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._shares: dict[Home, _Share] = {}
        self._home: dict[str, Home] = {}

    def __len__(self) -> int:
        return len(self._home)

    def join(
        self,
        data: TrainingSet,
        newcomers: Sequence[tuple[str, MemberSpec]],
        checkpoints: Mapping[str, Checkpoint] | None = None,
    ) -> None:
        """Add members that train on `data`; those of equal structure share a stack.

        A member whose name is in `checkpoints` goes on from there. Raises ValueError for one with nothing left to do.
        """
        for key, spec in newcomers:
            if checkpoints and key in checkpoints and checkpoints[key].epoch >= spec.epochs:
                done = f"The checkpoint of {key} is at epoch {checkpoints[key].epoch}"
                raise ValueError(f"{done}, and its {spec.epochs} epochs are done. Give it more epochs.")
        by_home: dict[Home, list[tuple[str, MemberSpec]]] = {}
        for key, spec in newcomers:
            by_home.setdefault((spec.structure, id(data)), []).append((key, spec))
        # A new cohort starts level with the one that is furthest behind, not with a claim to all that was spent.
        level = min((share.spent for share in self._shares.values()), default=0.0)
        for home, members in by_home.items():
            share = self._shares.get(home) or _Share(Cohort(home[0], data), level)
            share.cohort.join(members, checkpoints)
            self._shares[home] = share
            self._home.update((key, home) for key, _ in members)

    def checkpoint(self, key: str) -> Checkpoint:
        """Return what a member needs to go on elsewhere; it stays here. Raises KeyError for an unknown name."""
        return self._shares[self._home[key]].cohort.checkpoint(key)

    def leave(self, keys: Sequence[str]) -> None:
        """Drop members, whatever they reached; unknown names are fine."""
        by_home: dict[Home, list[str]] = {}
        for key in keys:
            if (home := self._home.pop(key, None)) is not None:
                by_home.setdefault(home, []).append(key)
        for home, leavers in by_home.items():
            self._shares[home].cohort.leave(leavers)
            self._forget_if_empty(home)

    def _forget_if_empty(self, home: Home) -> None:
        if not len(self._shares[home].cohort):
            del self._shares[home]

    @property
    def bytes(self) -> int:
        """What the rows of all members take, their gradients and orders of examples included."""
        return sum(share.cohort.bytes for share in self._shares.values())

    def turn(self) -> list[str]:
        """Return the names of the members that `train_epoch` would train now."""
        return self._shares[self._next()].cohort.keys() if self._shares else []

    def _next(self) -> Home:
        return min(self._shares, key=lambda home: self._shares[home].spent)

    def train_epoch(self) -> Report:
        """Train the next cohort for one epoch; an empty population gives an empty report."""
        if not self._shares:
            return Report()
        home = self._next()
        share, start = self._shares[home], self._clock()
        observations, finished = share.cohort.train_epoch(self._clock)
        share.spent += self._clock() - start
        for key, _ in finished:
            del self._home[key]
        self._forget_if_empty(home)
        return Report(observations, finished)
