"""The metrics of members that stop, on each part of the data, with the weights of their best epochs."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter

import numpy as np

from engine.arrays import Array, Workspace
from engine.metrics import Answers, Metric, measure, metrics_of
from engine.network import Network
from engine.population.evaluation import Answering, most_members
from engine.population.member import Finished, Paused
from engine.subnormals import flushing
from engine.training_set import Part, TrainingSet


class Scoring:
    """Lets rows of one network answer, at most `tile_members` of them at a time, in a cohort's workspace."""

    def __init__(self, network: Network, data: TrainingSet, tile_members: int, workspace: Workspace) -> None:
        self.data = data
        self._network, self._tile_members, self._workspace = network, tile_members, workspace
        # Of each part the last that answered: the next often has as many members.
        self._bound: dict[str, tuple[Array, Answering]] = {}

    def answers(self, name: str, part: Part, weights: Sequence[Array], *, keeps: bool) -> Iterator[Answers]:
        """Yield the answers of networks with these `weights` (size,) to the part of that name."""
        with flushing(self._network.structure.rules), np.errstate(all="ignore"):
            for start in range(0, len(weights), self._tile_members):
                tile = weights[start : start + self._tile_members]
                rows, answering = self._answering(name, part, len(tile), keeps=keeps)
                np.stack(tile, out=rows)
                answers = answering.run()
                yield replace(answers, logits=answers.logits.copy())  # the next tile writes over them

    def _answering(self, name: str, part: Part, members: int, *, keeps: bool) -> tuple[Array, Answering]:
        bound = self._bound.get(name)
        if bound is None or len(bound[0]) != members:
            rows = self._workspace.array("scored", (members, self._network.layout.size))
            bound = rows, Answering(self._network, self.data, part, rows, self._workspace, keeps=keeps)
            self._bound[name] = bound
        return bound


@dataclass(frozen=True, slots=True)
class Departure:
    """A member that stopped. Until `score` has seen it, it has no metrics but those of its curve at its best epoch."""

    key: str
    stopped: Finished | Paused
    scoring: Scoring


def score(departures: Sequence[Departure]) -> list[tuple[str, Finished | Paused]]:
    """Return what members came to, by name and in order, with all metrics of their best epochs.

    The more come at once, the less it costs: networks of one data set answer stack by stack, and are measured together.
    On dev and test they get all metrics of the task; on train those that sums give, and the loss is told by the curve.
    """
    scores: dict[str, Mapping[str, float]] = {}
    trained = [one for one in departures if one.stopped.weights is not None]
    for _, group in groupby(sorted(trained, key=_stack), key=lambda one: id(one.scoring.data)):
        together = list(group)
        step = most_members(together[0].scoring.data)
        for first in range(0, len(together), step):
            scores |= _scores(together[first : first + step])
    return [(one.key, _with(one.stopped, scores.get(one.key, {}))) for one in departures]


def _stack(departure: Departure) -> tuple[int, int]:
    return id(departure.scoring.data), id(departure.scoring)


def _with(stopped: Finished | Paused, scores: Mapping[str, float]) -> Finished | Paused:
    return replace(stopped, metrics={**scores, **stopped.metrics})


def _scores(departures: Sequence[Departure]) -> Mapping[str, Mapping[str, float]]:
    """Return the metrics of members of one data set; a part without examples has none."""
    stacks = [list(stack) for _, stack in groupby(departures, key=attrgetter("scoring"))]
    columns: dict[str, list[float]] = {}
    for name, part, metrics in _parts(departures[0].scoring.data):
        keeps = any(metric.reads == "logits" for metric in metrics)
        answers = [answers for stack in stacks for answers in _answers(stack, name, part, keeps=keeps)]
        with np.errstate(all="ignore"):
            measured = measure(Answers.joined(answers), metrics)
        columns |= {f"{name}_{metric}": values.tolist() for metric, values in measured.items()}
    return {
        one.key: {name: _number(column[place]) for name, column in columns.items()}
        for place, one in enumerate(departures)
    }


def _answers(stack: Sequence[Departure], name: str, part: Part, *, keeps: bool) -> Iterator[Answers]:
    weights = [one.stopped.weights for one in stack if one.stopped.weights is not None]
    return stack[0].scoring.answers(name, part, weights, keeps=keeps)


def _parts(data: TrainingSet) -> Iterator[tuple[str, Part, Sequence[Metric]]]:
    every = metrics_of(data.task)
    on_train = [metric for metric in every if metric.reads == "sums" and metric.name != "loss"]
    parts = ("train", data.train, on_train), ("dev", data.dev, every), ("test", data.test, every)
    return (one for one in parts if len(one[1]))


def _number(value: float) -> float:
    """Return the value; each NaN is the same object, so that equal metrics are equal although one is undefined."""
    return math.nan if math.isnan(value) else value
