"""Search every task of a folder's NPZ files with all kinds: `python -m benchmarks.search FOLDER [METHOD ...]`."""

import argparse
import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from engine.blas import use_one_thread

use_one_thread(os.environ)  # before NumPy is imported

import numpy as np  # noqa: E402

from app.simulation.files import read_tasks  # noqa: E402
from app.simulation.tasks import Table, Task  # noqa: E402
from benchmarks.search import optuna_rival  # noqa: E402
from benchmarks.search.cases import methods  # noqa: E402
from benchmarks.search.targets import verdicts  # noqa: E402
from benchmarks.spread import show_row, show_table  # noqa: E402

HEADER = ["task", "noise", "method", "seeds", "mean regret and 95 % interval", "to random", "CPU seconds a search"]


class Searcher(Protocol):
    """What searches a task: one of ours, or the rival."""

    @property
    def name(self) -> str:
        """The name in the table."""
        ...

    def regret(self, task: Task, seed: int, noise: float) -> float:
        """Return the regret of one search."""
        ...


def main() -> None:
    """Measure, print a table row by row, then the targets, and write all of it as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder with fcnet.npz, lcbench_curves.npz, or others like them")
    parser.add_argument("methods", nargs="*", metavar="METHOD", help="rows to measure beside random; all by default")
    parser.add_argument("--seeds", type=int, default=20, help="paired seeds of each row")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    asked = parser.parse_args()
    if not optuna_rival.INSTALLED:
        print(optuna_rival.ABSENT)
    print(show_table(HEADER, []), flush=True)
    rows = [
        row
        for file in sorted(asked.folder.glob("*.npz"))
        for task in read_tasks(file)
        for noise in ([0.0] if isinstance(task, Table) else [0.0, 0.1])
        for row in _measured(task, noise, asked.methods, asked.seeds)
    ]
    found = list(verdicts(rows))
    print("\n" + show_table(["figure", "measured", "target"], found))
    if asked.json:
        asked.json.write_text(json.dumps({"rows": rows, "figures": found}, indent=1))


def _measured(task: Task, noise: float, wanted: Sequence[str], seeds: int) -> Iterator[dict[str, Any]]:
    names = ["random", *wanted] if wanted else []
    ours: list[Searcher] = list(methods(task, names))
    theirs = [one for one in optuna_rival.rivals(task) if not wanted or one.name in wanted]
    random: list[float] = []
    for method in [*ours, *theirs]:
        start = time.process_time()
        regrets = [method.regret(task, seed, noise) for seed in range(seeds)]
        seconds = (time.process_time() - start) / seeds
        random = regrets if method.name == "random" else random
        row = {"task": task.name, "table": isinstance(task, Table), "noise": noise, "method": method.name}
        print(_shown(task, noise, method.name, regrets, random, seconds), flush=True)
        yield row | {"regrets": regrets, "seconds": seconds}


def _shown(
    task: Task, noise: float, name: str, regrets: Sequence[float], random: Sequence[float], seconds: float
) -> str:
    means = resampled([regrets])[0]
    ratio = f"{np.mean(regrets) / np.mean(random):.2f} [{_ends(np.divide(*resampled([regrets, random])))}]"
    interval = f"{np.mean(regrets):.4f} [{_ends(means)}]"
    return show_row([task.name, f"{noise:g}", name, str(len(regrets)), interval, ratio, f"{seconds:.2f}"])


def resampled(paired: Sequence[Sequence[float]]) -> list[np.ndarray[Any, np.dtype[np.float64]]]:
    """Return 2,000 bootstrap means of each list; the same seeds are drawn from all of them."""
    drawn = np.random.default_rng(0).integers(len(paired[0]), size=(2000, len(paired[0])))
    return [np.asarray(values)[drawn].mean(1) for values in paired]


def _ends(means: np.ndarray[Any, np.dtype[np.float64]]) -> str:
    low, high = np.quantile(means, [0.025, 0.975])
    return f"{low:.4f}..{high:.4f}"


if __name__ == "__main__":
    main()
