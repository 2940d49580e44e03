"""Real training runs on the built-in data sets, as curves for diagnoses."""

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

from engine.data import load_builtin
from engine.diagnosis import Curve, Point, loss_of_guessing
from engine.population import Observation
from engine.spec import Knobs
from engine.training_set import TrainingSet
from tests.engine.stacks import member, train


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
        (str(number), member(data, number, optimizer=optimizer, knobs=Knobs(rate), **shape))
        for number, (optimizer, rate) in enumerate(rules)
    ]
    record = train(data, members)
    return [Curve.of([_point(seen) for seen in record.curves[key]], guessing) for key, _ in members]


def _point(seen: Observation) -> Point:
    finite = all(map(math.isfinite, seen.values.values()))  # the dev loss is found after the last step
    return Point(seen.epoch, seen.values["train_loss"] if finite else math.nan, seen.gradient_norms)
