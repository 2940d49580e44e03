"""What is searched live: two data sets, one space, and one budget for all; each contestant gets the same rows."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy.tables import mnist, table
from engine.data import Dataset

EPOCHS = 40
TRIALS = 64
BUDGET_EPOCHS = EPOCHS * TRIALS
"""The budget of each search: as many epochs as 64 full trainings have."""

BATCH = 4
"""How many trials thaw trains at a time: for two workers, more of them would be chosen before the last have told."""

MNIST_ROWS = 10_000

SPACE: Mapping[str, Any] = {
    "learning_rate": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"},
    "optimizer": {"kind": "choice", "values": ["momentum", "adam"]},
    "beta1": {"kind": "float", "low": 0.8, "high": 0.99, "scale": "reverse_log"},
    "batch_size": {"kind": "choice", "values": [32, 64, 128, 256], "ordered": True},
    "hidden_units": {"kind": "choice", "values": [[64], [128], [256], [64, 64], [128, 128], [256, 256]]},
    "activation": {"kind": "choice", "values": ["relu", "tanh"]},
    "keep_prob": {"kind": "float", "low": 0.5, "high": 1.0, "scale": "linear"},
    "l2": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"},
}
"""Eight parameters; Optuna is asked for the same values on the same scales."""


@dataclass(frozen=True, slots=True)
class Case:
    """A data set, and how many times sooner thaw should come to the mark than random search and than the rival."""

    name: str
    than_random: float
    than_rival: float

    def read(self, folder: Path) -> Dataset:
        """Return the data set."""
        if self.name == "letter":
            return table(folder, "letter", seed=0, fractions=(0.7, 0.15, 0.15))
        return _some(mnist(folder))


CASES = [Case("letter", 3.0, 15.0), Case("mnist", 2.5, 4.0)]


@dataclass(frozen=True, slots=True)
class Reached:
    """When a search came to the mark, in seconds, epochs and processor seconds; the whole of each if it did not.

    The processor time is that of all its processes, which others on the machine change far less than the clock.
    """

    seconds: float
    epochs: int
    best: float
    reached: bool
    processor: float = 0.0


def reached(trials: Sequence[tuple[float, int, float]], mark: float) -> Reached:
    """Return when the first of these (second, epochs, error), in order, came to the mark."""
    epochs = 0
    for seconds, trained, error in trials:
        epochs += trained
        if error <= mark:
            return Reached(seconds, epochs, error, reached=True)
    return Reached(trials[-1][0], BUDGET_EPOCHS, min(error for *_, error in trials), reached=False)


def body(case: Case, kind: str, seed: int, target: float | None = None) -> dict[str, Any]:
    """Return the sweep to post: random search, or thaw, until the budget is spent or the target reached."""
    learning = {"sampler": {"kind": "gp"}, "scheduler": {"kind": "thaw", "batch": BATCH}}
    plain = {"sampler": {"kind": "random"}, "scheduler": {"kind": "none"}}
    # Thaw begins far more trials than it ends; the epochs of its budget are what is equal.
    trials = BUDGET_EPOCHS if kind == "thaw" else TRIALS
    budget = {"trials": trials, "epochs": BUDGET_EPOCHS} | ({} if target is None else {"target": target})
    return {
        "name": f"{case.name} {kind} {seed}",
        "dataset": case.name,
        "seed": seed,
        "space": SPACE,
        "fixed": {"epochs": EPOCHS},
        "objective": {"metric": "dev_error"},
        "keep_models": 1,
        "budget": budget,
        **(learning if kind == "thaw" else plain),
    }


def as_npz(dataset: Dataset) -> bytes:
    """Return the parts of a data set as a file to upload, each as it is."""
    file = io.BytesIO()
    parts = {name: getattr(dataset, name) for name in ("x_train", "y_train", "x_dev", "y_dev", "x_test", "y_test")}
    np.savez(file, **parts)
    return file.getvalue()


def _some(whole: Dataset) -> Dataset:
    """Return so many rows of those to train on; dev and test stay whole. Pixels are columns like others."""
    return Dataset(
        task=whole.task,
        classes=whole.classes,
        x_train=whole.x_train[:MNIST_ROWS],
        y_train=whole.y_train[:MNIST_ROWS],
        x_dev=whole.x_dev,
        y_dev=whole.y_dev,
        x_test=whole.x_test,
        y_test=whole.y_test,
        card={},
    )
