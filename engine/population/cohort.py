"""A cohort: all members of one structure on one data set, a row each in a few contiguous matrices."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from engine.arrays import Array, Workspace
from engine.augmentation.augmenter import Augmenter
from engine.network import Network
from engine.population.batches import batch_sizes, order_bytes
from engine.population.checkpoint import Checkpoint
from engine.population.distortions import augmenter_of
from engine.population.member import Finished, Member, Observation, Paused, StopState
from engine.population.newcomer import Newcomer
from engine.population.parking import Parked
from engine.population.rows import MOMENTS, first_rows, row_widths
from engine.population.scoring import Departure, Scoring
from engine.population.tile import Tile
from engine.population.update import Matrices, Rule
from engine.spec import MemberSpec, Structure
from engine.subnormals import flushing
from engine.training_set import TrainingSet

TILE_BYTES = 4 << 20
"""What one tile's weights, gradient, moments and signals may take.

Measured on 64-64-10 with batches of 64: tiles of 1 MiB cost 1.2 times, of 2 MiB 1.05 times and of 16 MiB 0.95 times
as much as these. Batch norm and dropout take as much again, which is not counted: smaller tiles cost them more too.
"""


@dataclass(frozen=True, slots=True)
class Departures:
    """The members that stopped; those that paused are `parked` under the same names."""

    stopped: list[Departure]
    parked: dict[str, Parked]


class Cohort:
    """Members join, leave and end between epochs; the rows of those that stay are moved, never recomputed."""

    def __init__(self, structure: Structure, data: TrainingSet) -> None:
        self._network = Network(structure)
        self._data = data
        self._workspace = Workspace(data.dtype)
        self._seat([])
        self._tile_members = tile_members(self._network, data)
        # The first tiles of the members; those that are missing are cut before the next epoch.
        self._tiles: list[Tile] = []
        self._augmenter: Augmenter | None = None
        self._scoring = Scoring(self._network, data, self._tile_members, self._workspace)
        widths = row_widths(self._network.layout)
        self._take_rows({name: np.zeros((0, width), self._workspace.dtype) for name, width in widths.items()})

    def __len__(self) -> int:
        return len(self._members)

    @property
    def bytes(self) -> int:
        """What the rows of all members take, their gradients and orders of examples included.

        After some have left, the rows of the others may lie in up to twice that memory.
        """
        rows = sum(matrix.nbytes for matrix in self._rows.values()) + self._matrices.gradient.nbytes
        return rows + len(self) * order_bytes(len(self._data.train))

    def keys(self) -> list[str]:
        """Return the names of the members, in the order of their rows."""
        return [member.key for member in self._members]

    def _seat(self, members: list[Member]) -> None:
        """Let these be the members, in the order of their rows."""
        self._members = members
        self._row_of = {member.key: row for row, member in enumerate(members)}

    def _take_rows(self, rows: Mapping[str, Array]) -> None:
        """Make these the rows of the members, in memory of their own."""
        gradient = np.zeros((len(rows["best"]), self._network.layout.trained), self._workspace.dtype)
        self._room = len(gradient)
        self._use(rows, gradient)
        self._tiles = []

    def _use(self, rows: Mapping[str, Array], gradient: Array) -> None:
        self._rows, self._best = rows, rows["best"]
        moments = tuple(rows[f"moment{number}"] for number in range(1, MOMENTS + 1))
        self._matrices = Matrices(rows["weights"], gradient, rows["averages"], moments)

    def join(self, newcomers: Sequence[Newcomer]) -> None:
        """Add members, at their start or where their checkpoint left them; an error of memory adds nobody."""
        members = self._members + [newcomer.member() for newcomer in newcomers]
        # Rows of one rule lie side by side, so that each optimizer steps one slice; and those that drop units too,
        # so that few tiles have members of both kinds; and those whose classes have weights.
        order = sorted(range(len(members)), key=lambda row: _place(members[row].spec))
        starts = [self._start(newcomer) for newcomer in newcomers]
        self._take_rows(
            {name: _joined(matrix, [rows[name] for rows in starts], order) for name, matrix in self._rows.items()}
        )
        self._seat([members[row] for row in order])

    def _start(self, newcomer: Newcomer) -> Mapping[str, Array]:
        if newcomer.checkpoint is not None:
            return newcomer.checkpoint.rows
        return first_rows(self._network, newcomer.spec, self._workspace.dtype)

    def checkpoint(self, key: str) -> Checkpoint:
        """Return what the member `key` needs to go on elsewhere. Raises KeyError if it is not here."""
        row = self._row_of[key]
        member = self._members[row]
        rows = {name: matrix[row : row + 1].copy() for name, matrix in self._rows.items()}
        return Checkpoint(member.epoch, member.seconds, replace(member.best), member.best_values, rows)

    def leave(self, keys: Sequence[str]) -> None:
        """Drop members, whatever they reached; memory for more than twice those that stay is given back."""
        gone = set(keys)
        stay = [row for row, member in enumerate(self._members) if member.key not in gone]
        if 2 * len(stay) < self._room:
            self._keep(stay)
        elif len(stay) < len(self._members):
            self._close_up(stay)

    def _close_up(self, stay: Sequence[int]) -> None:
        """Move the rows that stay up to where others left, in place; the tiles before those remain as they are."""
        unmoved = sum(row == place for place, row in enumerate(stay))
        for place, row in enumerate(stay[unmoved:], unmoved):
            for matrix in self._rows.values():
                matrix[place] = matrix[row]
        self._seat([self._members[row] for row in stay])
        rows = {name: matrix[: len(stay)] for name, matrix in self._rows.items()}
        self._use(rows, self._matrices.gradient[: len(stay)])
        del self._tiles[unmoved // self._tile_members :]

    def _keep(self, stay: Sequence[int]) -> None:
        """Copy the rows that stay to memory of their own; an error of memory leaves the cohort as it was."""
        self._take_rows({name: matrix[np.asarray(stay, np.intp)] for name, matrix in self._rows.items()})
        self._seat([self._members[row] for row in stay])

    def train_epoch(self, clock: Callable[[], float]) -> tuple[list[tuple[str, Observation]], Departures]:
        """Train every member one epoch; return what each epoch gave, and the members that thereby stopped."""
        self._tiles += self._cut_tiles(len(self._tiles) * self._tile_members)
        with self._computing():
            observations = [seen for tile in self._tiles for seen in tile.train_epoch(clock)]
        seen_by_key = [(m.key, seen) for m, seen in zip(self._members, observations, strict=True)]
        return seen_by_key, self._let_go(self._stops(observations))

    @contextmanager
    def _computing(self) -> Iterator[None]:
        # Diverging members overflow; they are found by their loss at the end of the epoch.
        with flushing(self._network.structure.rules), np.errstate(all="ignore"):
            yield

    def _cut_tiles(self, first: int) -> list[Tile]:
        """Return tiles of the members from row `first` on."""
        step = self._tile_members
        if self._augmenter is None and any(not member.spec.augment.is_none for member in self._members):
            sizes = batch_sizes(len(self._data.train), self._network.structure)
            self._augmenter = augmenter_of(self._data, max(sizes))
        return [
            Tile(
                self._network,
                self._data,
                self._members[start : start + step],
                self._matrices.rows(start, start + step),
                self._workspace,
                self._augmenter,
            )
            for start in range(first, len(self._members), step)
        ]

    def _stops(self, observations: Sequence[Observation]) -> list["_Stop"]:
        """Take in the epoch of each member; return those that stop after it."""
        stops = []
        for row, (member, seen) in enumerate(zip(self._members, observations, strict=True)):
            if member.observe(seen):
                self._best[row] = self._matrices.weights[row]
            if (why := member.stop(seen)) is not None:
                stops.append(_Stop(row, member, *why))
        return stops

    def pause(self, keys: Sequence[str]) -> Departures:
        """Let members pause where they are. Raises KeyError for one that is not here."""
        members = [(row, self._members[row]) for row in self._rows_of(keys)]
        return self._let_go([_Stop(row, member, *member.pause()) for row, member in members])

    def complete(self, keys: Sequence[str], reason: str) -> Departures:
        """End members where they are, as completed. Raises KeyError for one that is not here."""
        return self._let_go([_Stop(row, self._members[row], "completed", reason) for row in self._rows_of(keys)])

    def _rows_of(self, keys: Sequence[str]) -> list[int]:
        return [self._row_of[key] for key in keys]

    def _let_go(self, stops: Sequence["_Stop"]) -> Departures:
        """Drop members that stop; return what they were, with the weights of their best epochs."""
        gone = Departures([], {})
        for stop in stops:
            key, member = stop.member.key, stop.member
            weights = None if member.best.epoch is None else self._best[stop.row].copy()
            about = stop.reason, member.best.epoch, member.epoch, member.seconds, member.best_values, weights
            if stop.state == "paused":
                gone.parked[key] = Parked(member.spec, self._data, self.checkpoint(key))
                gone.stopped.append(Departure(key, Paused(stop.state, *about), self._scoring))
            else:
                gone.stopped.append(Departure(key, Finished(stop.state, *about), self._scoring))
        self.leave([stop.member.key for stop in stops])
        return gone


@dataclass(frozen=True, slots=True)
class _Stop:
    """A member that stops, the row it has, and why."""

    row: int
    member: Member
    state: StopState
    reason: str


def _joined(matrix: Array, rows: Sequence[Array], order: Sequence[int]) -> Array:
    """Return the rows of a matrix (R, width) and further ones, (1, width) each, in an order; each is copied once."""
    every = [*matrix[:, np.newaxis], *rows]
    return np.concatenate([every[row] for row in order])


def _place(spec: MemberSpec) -> tuple[Rule, bool, bool]:
    """Return where the row of a member belongs among the others."""
    return Rule.of(spec), spec.knobs.drops, spec.class_weight != "none"


def tile_members(network: Network, data: TrainingSet) -> int:
    """Return how many members of a structure make one tile."""
    sizes = batch_sizes(len(data.train), network.structure)
    signals = 2 * max(sizes) * (sum(network.widths) + len(network.widths))
    member_bytes = data.dtype.itemsize * (network.layout.size * (MOMENTS + 2) + signals)
    return max(TILE_BYTES // member_bytes, 1)
