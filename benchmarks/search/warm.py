"""A search that knows earlier ones beside one that does not: `python -m benchmarks.search.warm FCNET_NPZ`.

Each table is searched with the trials of a search on every other table as its history, with those of one on itself,
and with the latter's costs reversed, which misleads.
"""

import argparse
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import permutations
from pathlib import Path

from engine.blas import use_one_thread

use_one_thread(os.environ)  # before NumPy is imported

import numpy as np  # noqa: E402

from app.domain.history import EarlierSweep  # noqa: E402
from app.domain.sweeps import Budget  # noqa: E402
from app.simulation.clock import Search, simulate  # noqa: E402
from app.simulation.files import read_tasks  # noqa: E402
from app.simulation.tasks import Task  # noqa: E402
from benchmarks.spread import show_row, show_table  # noqa: E402

AFTER = (8, 16, 32, 64)
"""The evaluations after which the regret is shown."""

WORKERS = [1.0] * 8
OTHER_SEEDS = 1_000
"""The searches that are history have seeds of their own."""


def main() -> None:
    """Measure each sampler, and print a table row by row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="tables on one grid, such as fcnet.npz")
    parser.add_argument("samplers", nargs="*", default=["gp"], metavar="SAMPLER")
    parser.add_argument("--seeds", type=int, default=10, help="paired seeds of each row")
    asked = parser.parse_args()
    print(show_table(["table", "sampler", "history", *(f"after {count}" for count in AFTER)], []), flush=True)
    tasks = read_tasks(asked.file)
    for sampler in asked.samplers:
        for task, other in permutations(tasks, 2):
            for name, regrets in _rows(task, other, sampler, asked.seeds):
                print(show_row([task.name, sampler, name, *(f"{regret:.4f}" for regret in regrets)]), flush=True)


def _rows(task: Task, other: Task, sampler: str, seeds: int) -> Iterator[tuple[str, list[float]]]:
    """Yield what each history is and the mean regrets with it."""
    own, others = ([_history(one, sampler, seed) for seed in range(seeds)] for one in (task, other))
    cases: Mapping[str, list[tuple[EarlierSweep, ...]]] = {
        "none": [()] * seeds,
        f"{other.name}": [(one,) for one in others],
        "the same data": [(replace(one, same_data=True),) for one in own],
        "reversed": [(_reversed(one),) for one in own],
        "the same data, reversed": [(replace(_reversed(one), same_data=True),) for one in own],
    }
    for name, earlier in cases.items():
        found = [_regrets(task, sampler, seed, known) for seed, known in enumerate(earlier)]
        yield name, np.mean(found, axis=0).tolist()


def _search(sampler: str, seed: int, earlier: tuple[EarlierSweep, ...] = ()) -> Search:
    budget = Budget(AFTER[-1], epochs=AFTER[-1])
    return Search({"kind": sampler}, {"kind": "none"}, budget, seed, earlier=earlier)


def _history(task: Task, sampler: str, seed: int) -> EarlierSweep:
    """Return the trials of a whole search, as of another data set."""
    sweep = simulate(task, _search(sampler, OTHER_SEEDS + seed), WORKERS).sweep
    costs = {trial: cost for trial, cost in sweep.values().items() if cost is not None}
    return EarlierSweep("earlier", False, [sweep.trials[trial].params for trial in costs], list(costs.values()))


def _reversed(one: EarlierSweep) -> EarlierSweep:
    return replace(one, costs=[-cost for cost in one.costs])


def _regrets(task: Task, sampler: str, seed: int, earlier: tuple[EarlierSweep, ...]) -> list[float]:
    moments = simulate(task, _search(sampler, seed, earlier), WORKERS).moments
    return [moments[count - 1].regret for count in AFTER]


if __name__ == "__main__":
    main()
