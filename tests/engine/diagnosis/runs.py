"""Real training runs on the built-in data sets, as curves for diagnoses."""

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.data import load_builtin
from engine.diagnosis import Curve, Point, loss_of_guessing
from engine.network import Network
from engine.population.cohort import Cohort
from engine.spec import Knobs, Structure
from engine.training_set import TrainingSet
from tests.engine.stacks import member, tick


@cache
def builtin(name: str) -> tuple[TrainingSet, float]:
    """Return a built-in data set with its inputs normalised, and the loss of guessing on it."""
    dataset = load_builtin(name)
    return TrainingSet.of(dataset, normalize_inputs=True), loss_of_guessing(dataset.task, len(dataset.classes))


def curves_of(
    name: str, hidden: tuple[int, ...], activation: str, rules: Sequence[tuple[str, float]], epochs: int = 12
) -> list[Curve]:
    """Train a network for each (optimizer, learning rate), all in one stack; return their curves."""
    data, guessing = builtin(name)
    shape: Any = {"hidden": hidden, "activation": activation, "batch": 32, "epochs": epochs}
    members = [
        member(data, number, optimizer=optimizer, knobs=Knobs(rate), **shape)
        for number, (optimizer, rate) in enumerate(rules)
    ]
    cohort = Cohort(members[0].structure, data)
    cohort.join([(str(number), spec) for number, spec in enumerate(members)])
    points: list[list[Point]] = [[] for _ in members]
    while len(cohort):
        gradient = cohort._matrices.gradient
        seen, _ = cohort.train_epoch(tick)
        for row, (key, one) in enumerate(seen):
            norms = last_step_norms(members[0].structure, gradient[row : row + 1])
            finite = all(map(math.isfinite, one.values.values()))  # the dev loss comes after the last step
            points[int(key)].append(Point(one.epoch, one.values["train_loss"] if finite else math.nan, norms))
    return [Curve.of(curve, guessing) for curve in points]


def last_step_norms(structure: Structure, gradient: Array) -> list[float]:
    """Return the norm of each dense layer's gradient, from a row (1, size) as the epoch's last step left it."""
    with np.errstate(all="ignore"):  # a diverged member has infinite gradients
        return [float(np.linalg.norm(block)) for block in Network(structure).blocks(gradient.astype(np.float64))]
