"""What a small last batch does under batch norm, and two ways to mend it: `python -m benchmarks.last_batch`.

Networks train on 256 rows of digits and a rest. The rest is a batch of its own; or so, but its moments enter the
averages by its share of a batch; or it joins the batch before it, which is what the engine does with small ones.
"""

import argparse
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any, ClassVar
from unittest.mock import patch

from engine.blas import use_one_thread

use_one_thread(os.environ)  # before NumPy is imported

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from benchmarks.spread import show_table  # noqa: E402
from engine.averages import accumulate  # noqa: E402
from engine.data import load_builtin  # noqa: E402
from engine.population import batches, tile  # noqa: E402
from engine.population.batches import batch_sizes  # noqa: E402
from engine.population.norm_averages import NormAverages  # noqa: E402
from engine.rules import CURRENT, FIRST  # noqa: E402
from engine.seeds import Seed  # noqa: E402
from engine.spec import Knobs, MemberSpec, Structure  # noqa: E402
from engine.standalone import train  # noqa: E402
from engine.training_set import TrainingSet  # noqa: E402

ROWS, DEV_ROWS = 256, 1_000
SUBSETS, SEEDS, EPOCHS = 5, 10, 20
"""Choices of the training rows, and networks on each: fifty in all."""
NETWORKS = (((16,), 0.003), ((64,), 0.001), ((64,), 0.01), ((64, 32), 0.003), ((64, 32), 0.03))
RESTS = (1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 48)


class _Weighed(NormAverages):
    """Averages in which the moments of a batch count by its share of a whole one."""

    shares: ClassVar[NDArray[np.float64]]

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._step = 0

    def add(self) -> None:
        share = np.float32(self.shares[self._step % len(self.shares)])
        accumulate(self._total, self._moments * share, self._beta_column)
        self._step += 1

    def publish(self, updates: NDArray[np.int64]) -> None:
        counted = np.resize(self.shares, updates[0])
        ages = np.arange(updates[0])[::-1]
        factor = 1.0 / (counted * self._beta[:, np.newaxis] ** ages).sum(axis=1)
        np.multiply(self._total, factor.astype(np.float32)[:, np.newaxis], out=self._statistics)


def _weighing(size: int, rest: int) -> AbstractContextManager[Any]:
    sizes = batch_sizes(ROWS + rest, Structure(1, (1,), 1, "relu", "squared", size, True, FIRST))
    weighed = type("Weighed", (_Weighed,), {"shares": np.array(sizes) / size})
    return patch.object(tile, "NormAverages", weighed)


WAYS = ("a batch of its own", "weighed", "joined")


def _as(way: str, size: int, rest: int) -> tuple[int, AbstractContextManager[Any]]:
    """Return the rules that a way goes by, and what else it changes in the engine."""
    if way == "weighed":
        return FIRST, _weighing(size, rest)
    if way == "joined":  # whatever its size
        return CURRENT, patch.object(batches, "SMALLEST_REST", 1.0)
    return FIRST, nullcontext()


Errors = NDArray[np.float64]
"""The dev error of each seed and network at its best epoch."""


def main() -> None:
    """Print, for each rest, the dev error of each way, and how far it is from that without a rest.

    It is the mean over the networks, and then that of the best of them, which is what a search is after.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=64, help="the examples of a batch, a divisor of 256")
    parser.add_argument("--rests", type=int, nargs="*", default=RESTS)
    asked = parser.parse_args()
    size, rests = asked.size, [rest for rest in asked.rests if rest < asked.size]
    without = _errors("a batch of its own", size, 0)
    print(f"Batches of {size}; {ROWS} rows without a rest: {100 * without.mean():.2f} %, best {_best(without)}.\n")
    print(show_table(["rest", *WAYS], []), flush=True)
    for rest in rests:
        cells = [_difference(_errors(way, size, rest), without) for way in WAYS]
        print(f"| {rest} | {' | '.join(cells)} |", flush=True)


def _difference(errors: Errors, without: Errors) -> str:
    """Return the mean error, by how many points it differs from that without a rest, and the best network's."""
    apart = 100 * (errors - without).mean(axis=1)
    interval = f"{apart.mean():+.2f} +- {2 * apart.std(ddof=1) / len(apart) ** 0.5:.2f}"
    return f"{100 * errors.mean():.2f} % ({interval}), best {_best(errors)}"


def _best(errors: Errors) -> str:
    return f"{100 * errors.mean(axis=0).min():.2f} %"


def _errors(way: str, size: int, rest: int) -> Errors:
    """Return the errors of a way, (seeds, networks)."""
    rules, changed = _as(way, size, rest)
    with changed:
        return np.concatenate([_of_subset(subset, size, rest, rules) for subset in range(SUBSETS)])


def _of_subset(subset: int, size: int, rest: int, rules: int) -> Errors:
    data = _data(subset, ROWS + rest)
    ends = [trained.finished.metrics["dev_error"] for trained in train(data, list(_members(data, subset, size, rules)))]
    return np.reshape(ends, (len(NETWORKS), SEEDS)).T


def _members(data: TrainingSet, subset: int, size: int, rules: int) -> Iterator[MemberSpec]:
    for hidden, rate in NETWORKS:
        structure = Structure(data.inputs, hidden, data.outputs, "relu", data.loss_name, size, True, rules)
        for number in range(SEEDS):
            yield MemberSpec(structure, "adam", "auto", Knobs(rate), EPOCHS, Seed(subset, number), "dev_error")


def _data(subset: int, rows: int) -> TrainingSet:
    """Return digits with so many training rows: the first ones are the same whatever the number."""
    whole = load_builtin("digits")
    x, y = (np.concatenate([getattr(whole, f"{name}_{part}") for part in ("train", "dev", "test")]) for name in "xy")
    order = np.random.default_rng(subset).permutation(len(x))
    train_rows, dev_rows = order[:rows], order[-DEV_ROWS:]
    parts: Mapping[str, Any] = {
        "x_train": x[train_rows], "y_train": y[train_rows], "x_dev": x[dev_rows], "y_dev": y[dev_rows],
        "x_test": x[:0], "y_test": y[:0],
    }  # fmt: skip
    return TrainingSet.of(replace(whole, **parts), normalize_inputs=True)


if __name__ == "__main__":
    main()
