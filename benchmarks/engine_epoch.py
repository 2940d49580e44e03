"""An epoch of logsweep's own engine, timed through its public path: a population on a training set.

Run as a program it measures every shape alone and stacked with the BLAS settings of its environment, and prints them
as JSON: a list of [microseconds alone, microseconds in the stack], in the order of `SHAPES`.
"""

import json
import time
from collections.abc import Callable
from functools import partial
from statistics import median

import numpy as np

from benchmarks.shapes import SHAPES, Shape
from engine.data import Dataset
from engine.kernels import Choice, choose, ready
from engine.population import Population
from engine.seeds import Seed
from engine.spec import Knobs, MemberSpec, Structure
from engine.training_set import TrainingSet

Epoch = Callable[[], float]
"""Trains one epoch; returns its time in microseconds for each step and network."""

DEV_EXAMPLES = 8
NEVER = 10**9
ROUNDS = 5


def random_examples(shape: Shape) -> Dataset:
    """Return normal inputs and random labels for one epoch of `shape`, with a dev part of a few of them."""
    rng = np.random.default_rng(0)
    examples = shape.steps * shape.batch_size
    x = rng.standard_normal((examples, shape.inputs)).astype(np.float32)
    y = rng.integers(0, shape.outputs, examples)
    return Dataset(
        task="multiclass",
        classes=tuple(map(str, range(shape.outputs))),
        x_train=x,
        y_train=y,
        x_dev=x[:DEV_EXAMPLES],
        y_dev=y[:DEV_EXAMPLES],
        x_test=x[:0],
        y_test=y[:0],
        card={},
    )


def engine_epoch(
    shape: Shape, data: Dataset, members: int, *, batch_norm: bool = False, keep_prob: float = 1.0
) -> Epoch:
    """Return an epoch of `members` networks in one stack: batch order, steps and the dev evaluation."""
    population = Population(time.perf_counter)
    knobs = Knobs(1e-3, keep_prob=keep_prob)
    specs = [(str(number), _member(shape, number, knobs, batch_norm)) for number in range(members)]
    population.join(TrainingSet.of(data, normalize_inputs=True), specs)

    def epoch() -> float:
        start = time.perf_counter()
        report = population.train_epoch()
        seconds = time.perf_counter() - start
        if len(report.observations) != members or report.stopped:
            raise RuntimeError(f"The epoch should train {members} members and end none: {report.stopped}.")
        return seconds / shape.steps / members * 1e6

    return epoch


def started(make: Callable[[], Epoch], kernels: Choice = "auto") -> Epoch:
    """Return an epoch that has run once: memory is set up in the first one, and kernels are bound.

    Kernels are compiled ones where the machine has a compiler, unless NumPy's forms are asked for.
    """
    choose(kernels)
    ready()
    epoch = make()
    epoch()
    return epoch


def _member(shape: Shape, number: int, knobs: Knobs, batch_norm: bool) -> MemberSpec:
    widths = shape.inputs, shape.hidden_units, shape.outputs
    structure = Structure(*widths, "relu", "softmax", shape.batch_size, batch_norm)
    return MemberSpec(structure, "adam", "auto", knobs, NEVER, Seed(0, number), "dev_loss")


def _measure(shape: Shape) -> tuple[float, float]:
    data = random_examples(shape)
    epochs = [started(partial(engine_epoch, shape, data, members)) for members in (1, shape.stack)]
    rounds = [[epoch() for epoch in epochs] for _ in range(ROUNDS)]
    alone, stacked = (median(times) for times in zip(*rounds, strict=True))
    return alone, stacked


if __name__ == "__main__":
    print(json.dumps([_measure(shape) for shape in SHAPES]))
