"""A population: everything one process trains, cohort after cohort, with members coming, pausing and going."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from engine.data.quoting import listed
from engine.population.checkpoint import Checkpoint
from engine.population.cohort import Cohort, Departures
from engine.population.member import Observation
from engine.population.newcomer import Newcomer, refuse
from engine.population.parking import Parking
from engine.population.scoring import Departure
from engine.spec import MemberSpec, Structure
from engine.training_set import TrainingSet

_SHOWN_NAMES = 10


@dataclass(frozen=True, slots=True)
class Report:
    """What one epoch of one cohort gave: an observation for each member, and the members that ended or were parked.

    `score` says what these came to.
    """

    observations: Sequence[tuple[str, Observation]] = field(default_factory=list)
    stopped: Sequence[Departure] = field(default_factory=list)


@dataclass(slots=True)
class _Share:
    """A cohort and the training time it has had, in seconds of the clock."""

    cohort: Cohort
    spent: float


Home: TypeAlias = tuple[Structure, int]
"""What members must have in common to share a cohort: their structure, and the data set they train on."""


class Population:
    """Members under names of the caller's choice, each trained by repeated `train_epoch`.

    A member trains to its end, or until it is parked: it leaves its stack then, and stays in memory until it is
    resumed, leaves or is evicted. It ends with the bits of one that never paused. The length counts those in training.
    The cohort that has had the least training time goes first: small networks do not wait for large ones.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._shares: dict[Home, _Share] = {}
        self._home: dict[str, Home] = {}
        self._parking = Parking()

    def __len__(self) -> int:
        return len(self._home)

    def join(
        self,
        data: TrainingSet,
        newcomers: Sequence[tuple[str, MemberSpec]],
        checkpoints: Mapping[str, Checkpoint] | None = None,
        pause_at: Mapping[str, int] | None = None,
    ) -> None:
        """Add members that train on `data`; those of equal structure share a stack.

        A member whose name is in `checkpoints` goes on from there, and one in `pause_at` is parked after that epoch.
        Nobody is added if one cannot be: raises ValueError for a name that is here already, for a checkpoint that does
        not fit its member or leaves it nothing to do, for an epoch to pause at that does not lie ahead, and for class
        weights that do not fit the data.
        """
        starts, pauses = checkpoints or {}, pause_at or {}
        members = [Newcomer(key, spec, data, starts.get(key), pauses.get(key)) for key, spec in newcomers]
        refuse(self._faults(members))
        self._seat(members)

    def _faults(self, newcomers: Iterable[Newcomer]) -> Iterator[str]:
        known = set[str]()
        for newcomer in newcomers:
            if newcomer.key in known or newcomer.key in self._home:
                yield f"There is a member {newcomer.key} already. Give each member a name of its own."
            if newcomer.key in self._parking:
                yield f"The member {newcomer.key} is parked here. Resume it, or let it leave before it joins."
            known.add(newcomer.key)
            yield from newcomer.objective_faults()
            yield from newcomer.weight_faults()
            yield from newcomer.checkpoint_faults()
            yield from newcomer.pause_faults()

    def _seat(self, newcomers: Iterable[Newcomer]) -> None:
        """Let members train, each in the cohort of its kind."""
        by_home: dict[Home, list[Newcomer]] = {}
        for newcomer in newcomers:
            by_home.setdefault((newcomer.spec.structure, id(newcomer.data)), []).append(newcomer)
        # A new cohort starts level with the one that is furthest behind, not with a claim to all that was spent.
        level = min((share.spent for share in self._shares.values()), default=0.0)
        for home, members in by_home.items():
            share = self._shares.get(home) or _Share(Cohort(home[0], members[0].data), level)
            share.cohort.join(members)
            self._shares[home] = share
            self._home.update((member.key, home) for member in members)
            self._parking.drop(member.key for member in members)

    def pause(self, keys: Iterable[str]) -> list[Departure]:
        """Park members in training after the epoch that each has reached; return where they stand, to be scored.

        Raises KeyError, and parks nobody, for a name that is not in training.
        """
        return [
            paused
            for home, members in self._by_home(keys).items()
            for paused in self._take_leave(home, self._shares[home].cohort.pause(members))
        ]

    def complete(self, keys: Iterable[str], reason: str) -> list[Departure]:
        """End members in training as completed, each with its best epoch so far; return their ends, to be scored.

        Raises KeyError, and ends nobody, for a name that is not in training.
        """
        return [
            finished
            for home, members in self._by_home(keys).items()
            for finished in self._take_leave(home, self._shares[home].cohort.complete(members, reason))
        ]

    def _by_home(self, keys: Iterable[str]) -> Mapping[Home, list[str]]:
        names = list(dict.fromkeys(keys))
        if strangers := [key for key in names if key not in self._home]:
            raise KeyError(f"Not in training: {listed(strangers, _SHOWN_NAMES)}.")
        by_home: dict[Home, list[str]] = {}
        for key in names:
            by_home.setdefault(self._home[key], []).append(key)
        return by_home

    def _take_leave(self, home: Home, gone: Departures) -> Sequence[Departure]:
        """Park those of a cohort's members that paused, and forget those that ended; return both."""
        for key, parked in gone.parked.items():
            self._parking.add(key, parked)
        for departure in gone.stopped:
            del self._home[departure.key]
        self._forget_if_empty(home)
        return gone.stopped

    def resume(self, keys: Iterable[str], pause_at: Mapping[str, int] | None = None) -> None:
        """Let parked members go on, to their ends or until they are parked again after the epoch in `pause_at`.

        Nobody goes on if one cannot: raises KeyError for a name that is not parked, evicted ones among them, and
        ValueError for an epoch to pause at that does not lie ahead.
        """
        names, pauses = list(dict.fromkeys(keys)), pause_at or {}
        if strangers := [key for key in names if key not in self._parking]:
            raise KeyError(f"Not parked here: {listed(strangers, _SHOWN_NAMES)}.")
        parked = {key: self._parking[key] for key in names}
        members = [Newcomer(key, one.spec, one.data, one.checkpoint, pauses.get(key)) for key, one in parked.items()]
        refuse(fault for member in members for fault in member.pause_faults())
        self._seat(members)

    def parked(self) -> list[str]:
        """Return the names of the parked members, the one that was parked longest ago first."""
        return self._parking.keys()

    @property
    def parked_bytes(self) -> int:
        """What the rows of the parked members take; their data sets stay in memory too, and are not counted."""
        return self._parking.bytes

    def evict(self, limit_bytes: int) -> Mapping[str, Checkpoint]:
        """Let go of those parked longest ago until the others take at most `limit_bytes`; return their checkpoints."""
        return self._parking.evict(limit_bytes)

    def checkpoint(self, key: str) -> Checkpoint:
        """Return what a member, in training or parked, needs to go on elsewhere; it stays here.

        Raises KeyError for an unknown name.
        """
        if key in self._parking:
            return self._parking[key].checkpoint
        return self._shares[self._home[key]].cohort.checkpoint(key)

    def leave(self, keys: Iterable[str]) -> None:
        """Drop members, in training or parked, whatever they reached; unknown names are fine."""
        names = set(keys)
        self._parking.drop(names)
        for home, leavers in self._by_home(names & self._home.keys()).items():
            for key in leavers:
                del self._home[key]
            self._shares[home].cohort.leave(leavers)
            self._forget_if_empty(home)

    def _forget_if_empty(self, home: Home) -> None:
        if not len(self._shares[home].cohort):
            del self._shares[home]

    @property
    def bytes(self) -> int:
        """What the rows of all members in training take, their gradients and orders of examples included."""
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
        observations, gone = share.cohort.train_epoch(self._clock)
        share.spent += self._clock() - start
        return Report(observations, self._take_leave(home, gone))
