"""Train every case and print what it reached: `python -m benchmarks.accuracy FOLDER [CASE ...]`."""

import argparse
import os
from pathlib import Path
from statistics import fmean

from engine.blas import use_one_thread

use_one_thread(os.environ)  # before NumPy is imported

from benchmarks.accuracy.cases import CASES, Case  # noqa: E402
from benchmarks.intervals import show_interval  # noqa: E402
from benchmarks.machine import show_machine  # noqa: E402
from benchmarks.spread import show_table  # noqa: E402
from engine.standalone import train  # noqa: E402
from engine.training_set import TrainingSet  # noqa: E402

HEADER = ["case", "seeds", "test, mean and 95 % interval", "each", "target", "best epoch", "seconds a network"]


def main() -> None:
    """Measure the cases that are asked for, all of them if none is, one row each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder with images/ and tabular/")
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of: {'; '.join(CASES)}")
    asked = parser.parse_args()
    if unknown := [name for name in asked.cases if name not in CASES]:
        parser.error(f"There is no case {', '.join(unknown)}. There are: {'; '.join(CASES)}.")
    print(show_machine())
    print(f"\n{show_table(HEADER, [])}", flush=True)
    for name in asked.cases or CASES:
        print(_row(name, CASES[name], asked.folder), flush=True)


def _row(name: str, case: Case, folder: Path) -> str:
    ends = []
    for dataset, seeds in case.datasets(folder, name):
        data = TrainingSet.of(dataset, normalize_inputs=True)
        ends += [trained.finished for trained in train(data, [case.recipe.member(data, seed) for seed in seeds])]
    metric = "test_rmse" if "test_rmse" in ends[0].metrics else "test_error"
    values = [end.metrics[metric] / case.unit for end in ends]
    epochs, seconds = fmean(end.best_epoch or 0 for end in ends), fmean(end.seconds for end in ends)
    each = ", ".join(f"{value:.4f}" for value in values)
    verdict = case.target.verdict(fmean(values))
    return f"| {name} | {len(values)} | {show_interval(values)} | {each} | {verdict} | {epochs:.0f} | {seconds:.0f} |"


if __name__ == "__main__":
    main()
