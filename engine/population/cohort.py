"""A cohort: all members of one structure on one data set, a row each in a few contiguous matrices."""

from collections.abc import Callable, Sequence

import numpy as np

from engine.arrays import Array, Workspace
from engine.network import Network
from engine.optimizers import OPTIMIZERS
from engine.population.batches import batch_sizes
from engine.population.evaluation import Evaluation
from engine.population.member import Finished, Member, Observation
from engine.population.tile import Tile
from engine.population.update import Matrices, Rule
from engine.spec import MemberSpec, Structure
from engine.training_set import Part, TrainingSet

TILE_BYTES = 4 << 20
"""What one tile's weights, gradient, moments and signals may take.

Measured on 64-64-10 with batches of 64: tiles of 1 MiB cost 1.2 times, of 2 MiB 1.05 times and of 16 MiB 0.95 times
as much as these.
"""

_MOMENTS = max(optimizer.moments for optimizer in OPTIMIZERS.values())


class Cohort:
    """Members join, leave and end between epochs; the rows of those that stay are copied, never recomputed."""

    def __init__(self, structure: Structure, data: TrainingSet) -> None:
        self._network = Network(structure)
        self._data = data
        self._workspace = Workspace(data.train.x.dtype)
        self._members: list[Member] = []
        self._tiles: list[Tile] | None = None
        self._take_rows([self._empty() for _ in range(_MOMENTS + 3)])

    def __len__(self) -> int:
        return len(self._members)

    @property
    def bytes(self) -> int:
        """What the rows of all members take."""
        return sum(matrix.nbytes for matrix in self._rows())

    def keys(self) -> list[str]:
        """Return the names of the members, in the order of their rows."""
        return [member.key for member in self._members]

    def _empty(self) -> Array:
        return np.zeros((0, self._network.size), self._workspace.dtype)

    def _take_rows(self, matrices: Sequence[Array]) -> None:
        self._best, weights, gradient, *moments = matrices
        self._matrices = Matrices(weights, gradient, tuple(moments))
        self._tiles = None

    def _rows(self) -> list[Array]:
        return [self._best, self._matrices.weights, self._matrices.gradient, *self._matrices.moments]

    def join(self, newcomers: Sequence[tuple[str, MemberSpec]]) -> None:
        """Add members at their start, under names of the caller's choice."""
        initial = [self._network.initial_row(spec.seed, spec.initializer) for _, spec in newcomers]
        zeros = np.zeros((len(initial), self._network.size), self._workspace.dtype)
        start = np.array(initial).astype(self._workspace.dtype)
        best, weights, *others = self._rows()
        grown = [np.concatenate([best, start]), np.concatenate([weights, start])]
        grown += [np.concatenate([matrix, zeros]) for matrix in others]
        members = self._members + [Member(key, spec) for key, spec in newcomers]
        # Rows of one rule lie side by side, so that each optimizer steps one slice.
        self._keep(sorted(range(len(members)), key=lambda row: Rule.of(members[row].spec)), members, grown)

    def leave(self, keys: Sequence[str]) -> None:
        """Drop members, whatever they reached."""
        gone = set(keys)
        stay = [row for row, member in enumerate(self._members) if member.key not in gone]
        if len(stay) < len(self._members):
            self._keep(stay, self._members, self._rows())

    def _keep(self, order: Sequence[int], members: Sequence[Member], matrices: Sequence[Array]) -> None:
        """Take over the rows of `order`; an error of memory leaves the cohort as it was."""
        self._take_rows([matrix[np.asarray(order, np.intp)] for matrix in matrices])
        self._members = [members[row] for row in order]

    def train_epoch(
        self, clock: Callable[[], float]
    ) -> tuple[list[tuple[str, Observation]], list[tuple[str, Finished]]]:
        """Train every member one epoch; return what each epoch gave, and the members that thereby ended."""
        if self._tiles is None:
            self._tiles = self._cut_tiles()
        # Diverging members overflow; they are found by their loss at the end of the epoch.
        with np.errstate(all="ignore"):
            observations = [seen for tile in self._tiles for seen in tile.train_epoch(clock)]
            seen_by_key = [(m.key, seen) for m, seen in zip(self._members, observations, strict=True)]
            return seen_by_key, self._end(observations)

    def _cut_tiles(self) -> list[Tile]:
        step = tile_members(self._network, self._data)
        return [
            Tile(
                self._network,
                self._data,
                self._members[start : start + step],
                self._matrices.rows(start, start + step),
                self._workspace,
            )
            for start in range(0, len(self._members), step)
        ]

    def _end(self, observations: Sequence[Observation]) -> list[tuple[str, Finished]]:
        """Take in the epoch of each member; drop and return those that ended."""
        ended: list[tuple[int, Member, str, str]] = []
        for row, (member, seen) in enumerate(zip(self._members, observations, strict=True)):
            if member.observe(seen):
                self._best[row] = self._matrices.weights[row]
            if (ending := member.ending(seen)) is not None:
                ended.append((row, member, *ending))
        if not ended:
            return []
        whole = [(row, member, reason) for row, member, state, reason in ended if state == "completed"]
        finished = [
            (member.key, _diverged(member, reason)) for _, member, state, reason in ended if state == "diverged"
        ]
        if whole:
            finished += self._complete(whole)
        self.leave([key for key, _ in finished])
        return finished

    def _complete(self, members: Sequence[tuple[int, Member, str]]) -> list[tuple[str, Finished]]:
        """Score the kept weights of members that ended well on the training and test parts."""
        rows = self._best[[row for row, _, _ in members]]
        error = self._data.error_name()
        parts = {f"train_{error}": self._data.train, f"test_{error}": self._data.test}
        errors = {name: self._errors(part, rows) for name, part in parts.items() if len(part)}
        finished = []
        for index, (_, member, reason) in enumerate(members):
            metrics = {
                **member.best_values,
                **{name: float(column[index]) for name, column in errors.items()},
            }
            ending = Finished(
                "completed", reason, member.best.epoch, member.epoch, member.seconds, metrics, rows[index]
            )
            finished.append((member.key, ending))
        return finished

    def _errors(self, part: Part, rows: Array) -> Array:
        """Return the error of each of `rows` (R, size) on a part, (R,), tile by tile."""
        step = tile_members(self._network, self._data)
        tiles = [rows[start : start + step] for start in range(0, len(rows), step)]
        runs = [Evaluation(self._network, self._data, part, tile, self._workspace).run() for tile in tiles]
        return np.concatenate([scores.error for scores in runs])


def _diverged(member: Member, reason: str) -> Finished:
    return Finished("diverged", reason, None, member.epoch, member.seconds, {}, None)


def member_bytes(structure: Structure, data: TrainingSet) -> int:
    """Return what the rows of one member of a structure take."""
    return Network(structure).size * data.train.x.itemsize * (_MOMENTS + 3)


def tile_members(network: Network, data: TrainingSet) -> int:
    """Return how many members of a structure make one tile."""
    _, examples, _ = batch_sizes(len(data.train), network.structure.batch_size)
    signals = 2 * examples * (sum(network.widths) + len(network.widths))
    member_bytes = data.train.x.itemsize * (network.size * (_MOMENTS + 2) + signals)
    return max(TILE_BYTES // member_bytes, 1)
