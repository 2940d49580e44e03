"""Random search against grids at equal cost: `python -m benchmarks.search.grids FOLDER [--seeds N]`.

A grid of more combinations than the budget has trials is gone through in an order by chance, as the sampler grid does.
"""

import argparse
import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import fmean

import numpy as np

from app.domain.space import ChoiceParameter, Parameter, Space
from app.domain.sweeps import Budget
from app.domain.values import Value
from app.simulation.clock import Search, simulate
from app.simulation.files import read_tasks
from app.simulation.tasks import Table, Task
from benchmarks.search.cases import EVALUATIONS, FULL_TRAININGS
from benchmarks.spread import show_row, show_table

RESOLUTIONS = (2, 3, 4)


def main() -> None:
    """Print the mean regret of random search and of grids, table by table and over all recorded curves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=20)
    asked = parser.parse_args()
    files = [read_tasks(file) for file in sorted(asked.folder.glob("*.npz"))]
    tasks = [task for file in files for task in file]
    tables: list[list[Task]] = [[task] for task in tasks if isinstance(task, Table)]
    curves: list[Task] = [task for task in tasks if not isinstance(task, Table)]
    print(show_table(["searched", "random", *(f"grid of {one}" for one in RESOLUTIONS)], []), flush=True)
    groups: list[list[Task]] = [*tables, *([curves] if curves else [])]
    for group in groups:
        name = group[0].name if len(group) == 1 else f"curves, mean of {len(group)}"
        print(show_row([name, *_regrets(group, asked.seeds)]), flush=True)


def _regrets(tasks: list[Task], seeds: int) -> Iterator[str]:
    yield _mean([(task, {"kind": "random"}) for task in tasks], seeds)
    for resolution in RESOLUTIONS:
        yield _mean([_grid(task, resolution) for task in tasks], seeds)


def _mean(cases: list[tuple[Task, Mapping[str, Value]]], seeds: int) -> str:
    return f"{fmean(_regret(task, sampler, seed) for task, sampler in cases for seed in range(seeds)):.4f}"


def _regret(task: Task, sampler: Mapping[str, Value], seed: int) -> float:
    budget = Budget(EVALUATIONS if isinstance(task, Table) else FULL_TRAININGS)
    return simulate(task, Search(sampler, {"kind": "none"}, budget, seed), [1.0] * 8).regret


def _grid(task: Task, resolution: int) -> tuple[Task, Mapping[str, Value]]:
    """Return the task with the grid of so many values of each number; of a table they are taken from its own."""
    if not isinstance(task, Table):
        return task, {"kind": "grid", "resolution": resolution}
    thin = copy.copy(task)
    thin.space = Space({name: _thinned(one, resolution) for name, one in task.space.parameters.items()})
    return thin, {"kind": "grid"}


def _thinned(parameter: Parameter, resolution: int) -> Parameter:
    """Return an ordered choice with so many of its values, ends included; any other as it is."""
    if not isinstance(parameter, ChoiceParameter) or not parameter.ordered:
        return parameter
    places = np.unique(np.linspace(0, len(parameter.values) - 1, resolution).round().astype(int))
    return ChoiceParameter(tuple(parameter.values[place] for place in places), ordered=True)


if __name__ == "__main__":
    main()
