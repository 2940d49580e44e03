"""A population: everything one process trains, cohort after cohort, with members coming and going."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from engine.population.cohort import Cohort
from engine.population.member import Finished, Observation
from engine.spec import MemberSpec, Structure
from engine.training_set import TrainingSet


@dataclass(frozen=True, slots=True)
class Report:
    """What one epoch of one cohort gave: an observation for each member, and the members that ended."""

    observations: Sequence[tuple[str, Observation]] = field(default_factory=list)
    finished: Sequence[tuple[str, Finished]] = field(default_factory=list)


class Population:
    """Members under names of the caller's choice, each trained to its end by repeated `train_epoch`."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._cohorts: dict[tuple[Structure, int], Cohort] = {}
        self._turns: deque[tuple[Structure, int]] = deque()
        self._home: dict[str, tuple[Structure, int]] = {}

    def __len__(self) -> int:
        return len(self._home)

    def join(self, data: TrainingSet, newcomers: Sequence[tuple[str, MemberSpec]]) -> None:
        """Add members that train on `data`; those of equal structure share a stack."""
        by_cohort: dict[tuple[Structure, int], list[tuple[str, MemberSpec]]] = {}
        for key, spec in newcomers:
            by_cohort.setdefault((spec.structure, id(data)), []).append((key, spec))
        for home, members in by_cohort.items():
            cohort = self._cohorts.get(home) or Cohort(home[0], data)
            cohort.join(members)
            if home not in self._cohorts:
                self._cohorts[home] = cohort
                self._turns.append(home)
            self._home.update((key, home) for key, _ in members)

    def leave(self, keys: Sequence[str]) -> None:
        """Drop members, whatever they reached; unknown names are fine."""
        for key in keys:
            if (home := self._home.pop(key, None)) is not None:
                self._cohorts[home].leave([key])
                self._forget_if_empty(home)

    def _forget_if_empty(self, home: tuple[Structure, int]) -> None:
        if not len(self._cohorts[home]):
            del self._cohorts[home]
            self._turns.remove(home)

    @property
    def bytes(self) -> int:
        """What the weights, gradients, moments and best weights of all members take."""
        return sum(cohort.bytes for cohort in self._cohorts.values())

    def turn(self) -> list[str]:
        """Return the names of the members that `train_epoch` would train now."""
        return [] if not self._turns else self._cohorts[self._turns[0]].keys()

    def train_epoch(self) -> Report:
        """Train the next cohort in turn for one epoch; an empty population gives an empty report."""
        if not self._turns:
            return Report()
        home = self._turns[0]
        self._turns.rotate(-1)
        observations, finished = self._cohorts[home].train_epoch(self._clock)
        for key, _ in finished:
            del self._home[key]
        self._forget_if_empty(home)
        return Report(observations, finished)
