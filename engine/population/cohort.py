"""A cohort: all members of one structure on one data set, a row each in a few contiguous matrices."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.arrays import Array, Workspace
from engine.augmentation.augmenter import Augmenter
from engine.layout import Layout
from engine.network import Network
from engine.optimizers import OPTIMIZERS
from engine.population.batches import batch_sizes, order_bytes
from engine.population.checkpoint import Checkpoint
from engine.population.distortions import augmenter_of
from engine.population.evaluation import Evaluation
from engine.population.member import EndState, Finished, Member, Observation
from engine.population.tile import Tile
from engine.population.update import Matrices, Rule
from engine.spec import MemberSpec, Structure
from engine.subnormals import flushing
from engine.training_set import Part, TrainingSet

TILE_BYTES = 4 << 20
"""What one tile's weights, gradient, moments and signals may take.

Measured on 64-64-10 with batches of 64: tiles of 1 MiB cost 1.2 times, of 2 MiB 1.05 times and of 16 MiB 0.95 times
as much as these. Batch norm and dropout take as much again, which is not counted: smaller tiles cost them more too.
"""

_MOMENTS = max(optimizer.moments for optimizer in OPTIMIZERS.values())


class Cohort:
    """Members join, leave and end between epochs; the rows of those that stay are moved, never recomputed."""

    def __init__(self, structure: Structure, data: TrainingSet) -> None:
        self._network = Network(structure)
        self._data = data
        self._workspace = Workspace(data.dtype)
        self._widths = _widths(self._network.layout)
        self._members: list[Member] = []
        self._tile_members = tile_members(self._network, data)
        # The first tiles of the members; those that miss are cut before the next epoch.
        self._tiles: list[Tile] = []
        self._augmenter: Augmenter | None = None
        # Of each part the last evaluation of members that ended: the next often scores as many.
        self._evaluations: dict[str, Evaluation] = {}
        self._take_rows({name: np.zeros((0, width), self._workspace.dtype) for name, width in self._widths.items()})

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

    def _take_rows(self, rows: Mapping[str, Array]) -> None:
        """Make these the rows of the members, in memory of their own."""
        gradient = np.zeros((len(rows["best"]), self._network.layout.trained), self._workspace.dtype)
        self._room = len(gradient)
        self._use(rows, gradient)
        self._tiles = []

    def _use(self, rows: Mapping[str, Array], gradient: Array) -> None:
        self._rows, self._best = rows, rows["best"]
        moments = tuple(rows[f"moment{number}"] for number in range(1, _MOMENTS + 1))
        self._matrices = Matrices(rows["weights"], gradient, rows["averages"], moments)

    def join(
        self, newcomers: Sequence[tuple[str, MemberSpec]], checkpoints: Mapping[str, Checkpoint] | None = None
    ) -> None:
        """Add members under names of the caller's choice, at their start or where their checkpoint left them."""
        known = checkpoints or {}
        members = [_member(key, spec, known.get(key)) for key, spec in newcomers]
        rows = [self._start(spec) if key not in known else known[key].rows for key, spec in newcomers]
        grown = {name: np.concatenate([matrix, *(row[name] for row in rows)]) for name, matrix in self._rows.items()}
        everyone = self._members + members
        # Rows of one rule lie side by side, so that each optimizer steps one slice; and those that drop units too,
        # so that few tiles have members of both kinds.
        order = sorted(range(len(everyone)), key=lambda row: _place(everyone[row].spec))
        self._keep(order, everyone, grown)

    def _start(self, spec: MemberSpec) -> Mapping[str, Array]:
        """Return the rows of a member that has not trained yet."""
        dtype = self._workspace.dtype
        initial = self._network.initial_row(spec.seed, spec.initializer).astype(dtype)[np.newaxis]
        zeros = {name: np.zeros((1, width), dtype) for name, width in self._widths.items()}
        return {**zeros, "best": initial, "weights": initial}

    def checkpoint(self, key: str) -> Checkpoint:
        """Return what the member `key` needs to go on elsewhere. Raises KeyError if it is not here."""
        row = self.keys().index(key)
        member = self._members[row]
        rows = {name: matrix[row : row + 1].copy() for name, matrix in self._rows.items()}
        return Checkpoint(member.epoch, member.seconds, replace(member.best), member.best_values, rows)

    def leave(self, keys: Sequence[str]) -> None:
        """Drop members, whatever they reached; memory for more than twice those that stay is given back."""
        gone = set(keys)
        stay = [row for row, member in enumerate(self._members) if member.key not in gone]
        if 2 * len(stay) < self._room:
            self._keep(stay, self._members, self._rows)
        elif len(stay) < len(self._members):
            self._close_up(stay)

    def _close_up(self, stay: Sequence[int]) -> None:
        """Move the rows that stay up to where others left, in place; the tiles before those remain as they are."""
        unmoved = sum(row == place for place, row in enumerate(stay))
        for place, row in enumerate(stay[unmoved:], unmoved):
            for matrix in self._rows.values():
                matrix[place] = matrix[row]
        self._members = [self._members[row] for row in stay]
        rows = {name: matrix[: len(stay)] for name, matrix in self._rows.items()}
        self._use(rows, self._matrices.gradient[: len(stay)])
        del self._tiles[unmoved // self._tile_members :]

    def _keep(self, order: Sequence[int], members: Sequence[Member], rows: Mapping[str, Array]) -> None:
        """Take over the rows of `order`; an error of memory leaves the cohort as it was."""
        self._take_rows({name: matrix[np.asarray(order, np.intp)] for name, matrix in rows.items()})
        self._members = [members[row] for row in order]

    def train_epoch(
        self, clock: Callable[[], float]
    ) -> tuple[list[tuple[str, Observation]], list[tuple[str, Finished]]]:
        """Train every member one epoch; return what each epoch gave, and the members that thereby ended."""
        self._tiles += self._cut_tiles(len(self._tiles) * self._tile_members)
        # Diverging members overflow; they are found by their loss at the end of the epoch.
        with flushing(self._network.structure.rules), np.errstate(all="ignore"):
            observations = [seen for tile in self._tiles for seen in tile.train_epoch(clock)]
            seen_by_key = [(m.key, seen) for m, seen in zip(self._members, observations, strict=True)]
            return seen_by_key, self._end(observations)

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

    def _end(self, observations: Sequence[Observation]) -> list[tuple[str, Finished]]:
        """Take in the epoch of each member; drop and return those that ended."""
        ended: list[_Ended] = []
        for row, (member, seen) in enumerate(zip(self._members, observations, strict=True)):
            if member.observe(seen):
                self._best[row] = self._matrices.weights[row]
            if (ending := member.ending(seen)) is not None:
                ended.append(_Ended(row, member, *ending))
        finished = self._finish(ended)
        self.leave([key for key, _ in finished])
        return finished

    def _finish(self, ended: Sequence["_Ended"]) -> list[tuple[str, Finished]]:
        """Return the ends of members; the weights of those with a best epoch are scored on train and test."""
        kept = [one for one in ended if one.member.best.epoch is not None]
        finished = [(one.member.key, one.finished({}, None)) for one in ended if one not in kept]
        if not kept:
            return finished
        rows = self._best[[one.row for one in kept]]
        error = self._data.error_name()
        parts = {f"train_{error}": self._data.train, f"test_{error}": self._data.test}
        errors = {name: self._errors(name, part, rows) for name, part in parts.items() if len(part)}
        for index, one in enumerate(kept):
            own = {name: float(column[index]) for name, column in errors.items()}
            finished.append((one.member.key, one.finished({**one.member.best_values, **own}, rows[index])))
        return finished

    def _errors(self, name: str, part: Part, rows: Array) -> Array:
        """Return the error of each of `rows` (R, size) on a part, (R,), tile by tile."""
        step = self._tile_members
        tiles = [rows[start : start + step] for start in range(0, len(rows), step)]
        return np.concatenate([self._errors_of_tile(name, part, tile) for tile in tiles])

    def _errors_of_tile(self, name: str, part: Part, rows: Array) -> Array:
        evaluation = self._evaluations.get(name)
        if evaluation is None or len(evaluation.rows) != len(rows):
            memory = self._workspace.array("scored", rows.shape)
            evaluation = Evaluation(self._network, self._data, part, memory, self._workspace)
            self._evaluations[name] = evaluation
        evaluation.rows[...] = rows
        return evaluation.run().error


@dataclass(frozen=True, slots=True)
class _Ended:
    """A member that ended, the row it had, and why."""

    row: int
    member: Member
    state: EndState
    reason: str

    def finished(self, metrics: Mapping[str, float], weights: Array | None) -> Finished:
        member = self.member
        return Finished(self.state, self.reason, member.best.epoch, member.epoch, member.seconds, metrics, weights)


def _member(key: str, spec: MemberSpec, checkpoint: Checkpoint | None) -> Member:
    if checkpoint is None:
        return Member(key, spec)
    best = replace(checkpoint.best)
    return Member(key, spec, checkpoint.epoch, checkpoint.seconds, best, checkpoint.best_values)


def _place(spec: MemberSpec) -> tuple[Rule, bool]:
    """Return where the row of a member belongs among the others."""
    return Rule.of(spec), spec.knobs.drops


def _widths(layout: Layout) -> Mapping[str, int]:
    """Return how many numbers a member keeps of each kind."""
    moments = {f"moment{number}": layout.trained for number in range(1, _MOMENTS + 1)}
    return {"best": layout.size, "weights": layout.size, "averages": layout.size - layout.trained, **moments}


def member_bytes(structure: Structure, data: TrainingSet) -> int:
    """Return what one member of a structure takes: its rows, its gradient and its order of examples."""
    layout = Network(structure).layout
    rows = data.dtype.itemsize * (sum(_widths(layout).values()) + layout.trained)
    return rows + order_bytes(len(data.train))


def tile_members(network: Network, data: TrainingSet) -> int:
    """Return how many members of a structure make one tile."""
    sizes = batch_sizes(len(data.train), network.structure)
    signals = 2 * max(sizes) * (sum(network.widths) + len(network.widths))
    member_bytes = data.dtype.itemsize * (network.layout.size * (_MOMENTS + 2) + signals)
    return max(TILE_BYTES // member_bytes, 1)
