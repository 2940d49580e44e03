"""A search that knows an earlier one beside one that does not: `python -m benchmarks.search.warm FCNET_NPZ`.

Each table is searched with the trials of a search on every other table as its history, with those of one on itself,
and with the latter reversed, which misleads: the worst point comes first. How far chance alone takes a mean tells a
search without a history whose seeds are others.
"""

import argparse
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import permutations
from pathlib import Path
from typing import TypeAlias

from engine.blas import use_one_thread

use_one_thread(os.environ)  # before NumPy is imported

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from app.domain.history import EarlierSweep  # noqa: E402
from app.domain.sweeps import Budget  # noqa: E402
from app.simulation.clock import Search, simulate  # noqa: E402
from app.simulation.files import read_tasks  # noqa: E402
from app.simulation.tasks import Task  # noqa: E402
from benchmarks.spread import show_row, show_table  # noqa: E402

AFTER = (8, 16, 32, 64)
"""The evaluations after which the regret is shown."""

LEAST = 1e-4
"""What a mean regret counts as at least where others are divided by it: it may be 0 on a table."""

WORKERS = [1.0] * 8
HISTORY_SEEDS, OTHER_SEEDS = 1_000, 50_000
"""From here on are the seeds of searches that are history, and of those that show what chance does."""

Regrets: TypeAlias = Mapping[str, NDArray[np.float64]]
"""The regrets of each case: a row for each seed, a column for each of `AFTER`."""


def main() -> None:
    """Measure each sampler on each pair of tables, and print a table row by row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="tables on one grid, such as fcnet.npz")
    parser.add_argument("samplers", nargs="*", default=["gp"], metavar="SAMPLER")
    parser.add_argument("--seeds", type=int, default=20, help="paired seeds of each row")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--processes", type=int, default=2, help="so many seeds are searched at once")
    asked = parser.parse_args()
    print(show_table(["table", "sampler", "history", *(f"after {count}" for count in AFTER)], []), flush=True)
    pairs = list(permutations(read_tasks(asked.file), 2))
    with ProcessPoolExecutor(asked.processes) as pool:
        for sampler in asked.samplers:
            found = list[Regrets]()
            for task, other in pairs:
                seeds = range(asked.first, asked.first + asked.seeds)
                found.append(_together(pool.map(partial(_searched, task, other, sampler), seeds)))
                _show(task.name, sampler, found[-1:])
            _show("all", sampler, found)


def _searched(task: Task, other: Task, sampler: str, seed: int) -> Mapping[str, list[float]]:
    """Return the regrets of each case with one seed."""
    own, others = (_history(one, sampler, seed) for one in (task, other))
    cases: Mapping[str, tuple[EarlierSweep, ...]] = {
        "none": (),
        "none, other seeds": (),
        "another table": (others,),
        "the same data": (replace(own, same_data=True),),
        "the same data, reversed": (replace(own, same_data=True, costs=[-cost for cost in own.costs]),),
    }
    seeds = {"none, other seeds": OTHER_SEEDS + seed}
    return {case: _regrets(task, sampler, seeds.get(case, seed), known) for case, known in cases.items()}


def _together(found: Iterable[Mapping[str, list[float]]]) -> Regrets:
    rows = list(found)
    return {case: np.array([row[case] for row in rows]) for case in rows[0]}


def _show(name: str, sampler: str, found: list[Regrets]) -> None:
    """Print a row for each case: mean regrets over seeds and pairs, and their ratios to those without a history.

    Those are the means of both rows that have none: few searches that miss the best region decide on a mean by the end.
    """
    none = [one[case] for one in found for case in ("none", "none, other seeds")]
    for case in found[0]:
        print(show_row([name, sampler, case, *_cells([one[case] for one in found], none)]))


def _cells(case: list[NDArray[np.float64]], none: list[NDArray[np.float64]]) -> Iterator[str]:
    """Yield the mean after each count, with its ratio and the 90 % bootstrap interval of that."""
    above, below = np.mean(case, axis=0), np.mean(none, axis=0)
    drawn = np.random.default_rng(0).integers(0, len(above), (2_000, len(above)))
    ratios = above[drawn].mean(axis=1) / np.maximum(below[drawn].mean(axis=1), LEAST)
    low, high = np.quantile(ratios, [0.05, 0.95], axis=0)
    for mean, base, *ends in zip(above.mean(axis=0), below.mean(axis=0), low, high, strict=True):
        yield f"{mean:.4f}, {mean / max(base, LEAST):.2f} ({ends[0]:.2f} to {ends[1]:.2f})"


def _search(sampler: str, seed: int, earlier: tuple[EarlierSweep, ...] = ()) -> Search:
    budget = Budget(AFTER[-1], epochs=AFTER[-1])
    return Search({"kind": sampler}, {"kind": "none"}, budget, seed, earlier=earlier)


def _history(task: Task, sampler: str, seed: int) -> EarlierSweep:
    """Return the trials of a whole search, as of another data set."""
    sweep = simulate(task, _search(sampler, HISTORY_SEEDS + seed), WORKERS).sweep
    costs = {trial: cost for trial, cost in sweep.values().items() if cost is not None}
    return EarlierSweep("earlier", False, [sweep.trials[trial].params for trial in costs], list(costs.values()))


def _regrets(task: Task, sampler: str, seed: int, earlier: tuple[EarlierSweep, ...]) -> list[float]:
    moments = simulate(task, _search(sampler, seed, earlier), WORKERS).moments
    return [moments[count - 1].regret for count in AFTER]


if __name__ == "__main__":
    main()
