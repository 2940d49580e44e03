"""The errors of members that stop, on the training and the test part, with the weights of their best epochs."""

from collections.abc import Mapping, Sequence

import numpy as np

from engine.arrays import Array, Workspace
from engine.network import Network
from engine.population.evaluation import Evaluation
from engine.training_set import Part, TrainingSet


class Scoring:
    """Scores rows of one network, at most `tile_members` of them at a time, in a cohort's workspace."""

    def __init__(self, network: Network, data: TrainingSet, tile_members: int, workspace: Workspace) -> None:
        self._network, self._data, self._tile_members, self._workspace = network, data, tile_members, workspace
        # Of each part the last evaluation: the next often scores as many members.
        self._evaluations: dict[str, Evaluation] = {}

    def errors(self, matrix: Array, rows: Sequence[int]) -> list[Mapping[str, float]]:
        """Return the errors of each of the `rows` of a matrix (R, size) by name; a part without examples has none."""
        name = self._data.error_name()
        parts = {f"train_{name}": self._data.train, f"test_{name}": self._data.test}
        tiles = [rows[start : start + self._tile_members] for start in range(0, len(rows), self._tile_members)]
        columns = {
            name: np.concatenate([np.zeros(0), *(self._errors_of_tile(name, part, matrix, tile) for tile in tiles)])
            for name, part in parts.items()
            if len(part)
        }
        return [{name: float(column[place]) for name, column in columns.items()} for place in range(len(rows))]

    def _errors_of_tile(self, name: str, part: Part, matrix: Array, rows: Sequence[int]) -> Array:
        evaluation = self._evaluations.get(name)
        if evaluation is None or len(evaluation.rows) != len(rows):
            memory = self._workspace.array("scored", (len(rows), matrix.shape[1]))
            evaluation = Evaluation(self._network, self._data, part, memory, self._workspace)
            self._evaluations[name] = evaluation
        np.take(matrix, rows, axis=0, out=evaluation.rows)
        return evaluation.run().error
