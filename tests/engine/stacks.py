"""Small data sets, networks and populations for the tests of the engine."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.data import Dataset
from engine.early_stopping import Patience
from engine.population import Finished, Observation, Paused, Population, score
from engine.rules import CURRENT
from engine.seeds import Seed
from engine.spec import BatchSize, Knobs, MemberSpec, Structure
from engine.training_set import LOSS_OF_TASK, TrainingSet


def random_dataset(task: str, rows: tuple[int, int, int], inputs: int, classes: int = 3, seed: int = 0) -> Dataset:
    """Return examples with something to learn in them."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((sum(rows), inputs)).astype(np.float32)
    score = x @ rng.standard_normal(inputs) + 0.3 * rng.standard_normal(len(x))
    count = {"regression": 0, "binary": 2}.get(task, classes)
    ranks = np.argsort(np.argsort(score))
    y: Any = (ranks * count // len(ranks)).astype(np.int64) if count else 100.0 + 25.0 * score
    names = tuple(str(name) for name in range(count))
    first, second = rows[0], rows[0] + rows[1]
    return Dataset(
        task=task,  # type: ignore[arg-type]  # the three words of the tests
        classes=names,
        x_train=x[:first],
        y_train=y[:first],
        x_dev=x[first:second],
        y_dev=y[first:second],
        x_test=x[second:],
        y_test=y[second:],
        card={},
    )


def training_set(dataset: Dataset, dtype: type[np.floating[Any]] = np.float32) -> TrainingSet:
    """Return a data set ready for training, inputs normalised."""
    return TrainingSet.of(dataset, normalize_inputs=True, dtype=dtype)


def member(
    data: TrainingSet,
    number: int = 0,
    *,
    hidden: tuple[int, ...] = (5,),
    activation: str = "tanh",
    batch: BatchSize = 8,
    optimizer: str = "adam",
    knobs: Knobs | None = None,
    epochs: int = 3,
    patience: Patience | None = None,
    initializer: str = "auto",
    batch_norm: bool = False,
    rules: int = CURRENT,
    **others: Any,
) -> MemberSpec:
    """Return a member for `data`, seeded by its number; `others` are further fields of its spec."""
    structure = Structure(data.inputs, hidden, data.outputs, activation, data.loss_name, batch, batch_norm, rules)
    objective: Any = f"dev_{data.error_name()}"
    used = knobs or Knobs(0.05)
    return MemberSpec(structure, optimizer, initializer, used, epochs, Seed(7, number), objective, patience, **others)


def tick() -> float:
    """Return the time of a clock that stands still."""
    return 0.0


class Record:
    """Everything that a population gave, by member."""

    def __init__(self) -> None:
        self.curves: dict[str, list[Observation]] = {}
        self.ends: dict[str, Finished] = {}
        self.pauses: dict[str, list[Paused]] = {}

    def take(self, population: Population) -> None:
        """Train one turn and note what it gave."""
        report = population.train_epoch()
        for key, seen in report.observations:
            self.curves.setdefault(key, []).append(seen)
        for key, stopped in score(report.stopped):
            if isinstance(stopped, Finished):
                self.ends[key] = stopped
            else:
                self.pauses.setdefault(key, []).append(stopped)


def train(data: TrainingSet, members: Sequence[tuple[str, MemberSpec]]) -> Record:
    """Train members together to their ends."""
    population, record = Population(tick), Record()
    population.join(data, members)
    while len(population):
        record.take(population)
    return record


def train_alone(data: TrainingSet, spec: MemberSpec) -> tuple[list[Observation], Finished]:
    """Train one member by itself to its end."""
    record = train(data, [("alone", spec)])
    return record.curves["alone"], record.ends["alone"]


def loss_of(task: str) -> str:
    """Return the loss of a task."""
    return LOSS_OF_TASK[task]
