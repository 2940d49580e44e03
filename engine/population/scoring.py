"""The metrics of members that stop, on each part of the data, with the weights of their best epochs."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from engine.arrays import Array, Workspace
from engine.metrics import Metric, metrics_of
from engine.network import Network
from engine.population.evaluation import Evaluation
from engine.training_set import Part, TrainingSet


class Scoring:
    """Scores rows of one network, at most `tile_members` of them at a time, in a cohort's workspace.

    On dev and test it takes all metrics of the task; on train those that sums give, and the loss of training is told by
    the curve.
    """

    def __init__(self, network: Network, data: TrainingSet, tile_members: int, workspace: Workspace) -> None:
        self._network, self._data, self._tile_members, self._workspace = network, data, tile_members, workspace
        every = metrics_of(data.task)
        on_train = [metric for metric in every if metric.reads == "sums" and metric.name != "loss"]
        self._parts = {"train": (data.train, on_train), "dev": (data.dev, every), "test": (data.test, every)}
        # Of each part the last evaluation: the next often scores as many members.
        self._evaluations: dict[str, Evaluation] = {}

    def metrics(self, matrix: Array, rows: Sequence[int]) -> list[Mapping[str, float]]:
        """Return the metrics of each of the `rows` of a matrix (R, size) by name; a part without examples has none."""
        tiles = [rows[start : start + self._tile_members] for start in range(0, len(rows), self._tile_members)]
        return [metrics for tile in tiles for metrics in self._of_tile(matrix, tile)]

    def _of_tile(self, matrix: Array, rows: Sequence[int]) -> list[Mapping[str, float]]:
        columns: dict[str, list[float]] = {}
        for name, (part, metrics) in self._parts.items():
            if len(part):
                evaluation = self._evaluation(name, part, metrics, len(rows))
                np.take(matrix, rows, axis=0, out=evaluation.rows)
                columns |= {f"{name}_{metric}": values.tolist() for metric, values in evaluation.run().items()}
        return [{name: _number(column[place]) for name, column in columns.items()} for place in range(len(rows))]

    def _evaluation(self, name: str, part: Part, metrics: Sequence[Metric], members: int) -> Evaluation:
        evaluation = self._evaluations.get(name)
        if evaluation is None or len(evaluation.rows) != members:
            memory = self._workspace.array("scored", (members, self._network.layout.size))
            evaluation = Evaluation(self._network, self._data, part, memory, self._workspace, metrics)
            self._evaluations[name] = evaluation
        return evaluation


def _number(value: float) -> float:
    """Return the value; each NaN is the same object, so that equal metrics are equal although one is undefined."""
    return math.nan if math.isnan(value) else value
