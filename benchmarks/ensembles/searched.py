"""Search within random splits, for the ensemble: `python -m benchmarks.ensembles.searched FOLDER [TABLE ...]`."""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.ensembles.uploads import is_large, table_path, upload
from benchmarks.intervals import show_interval
from benchmarks.service import Service, running_service
from benchmarks.spread import Target, show_row, show_table

HEADER = ["table", "splits", "metric", "ensemble, mean and 95 % interval", "each", "best trial", "target", "seconds"]
SPLIT = "0.8,0.1,0.1"
"""Nine parts of ten to search with, dev among them, and one to tell what the ensemble is worth."""

SPACE: Mapping[str, Any] = {
    "learning_rate": {"kind": "float", "low": 1e-3, "high": 5e-2, "scale": "log"},
    "hidden_layers": {"kind": "int", "low": 1, "high": 3},
    "units": {"kind": "choice", "values": [64, 128], "ordered": True},
    "activation": {"kind": "choice", "values": ["relu", "tanh"]},
    "decay_rate": {"kind": "float", "low": 0.97, "high": 0.998, "scale": "reverse_log"},
    "l2": {"kind": "float", "low": 1e-4, "high": 0.3, "scale": "log"},
    "keep_prob": {"kind": "float", "low": 0.7, "high": 1.0},
}
"""One space for all tables; what depends on the number of rows is in `search`, and nothing on the table."""

TRIALS = 48

LONGEST = 3600.0
"""Seconds that one search may take: those of large tables take a quarter of an hour and more on one core."""


@dataclass(frozen=True, slots=True)
class Case:
    """So many splits of a table are searched; the mean `metric`, divided by `unit`, should reach `target`."""

    splits: int
    metric: str
    target: Target
    unit: float = 1.0


CASES: Mapping[str, Case] = {
    "concrete": Case(10, "rmse", Target("<=", 4.3)),
    "energy": Case(10, "rmse", Target("<=", 0.43)),
    "california_housing": Case(3, "rmse", Target("<=", 0.49), unit=100_000.0),
    "adult": Case(3, "accuracy", Target(">=", 0.857)),
}


def main() -> None:
    """Print a row for each table as it is ready, and JSON of all splits where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder with tabular/*.csv.gz, each with its target in `target`")
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"of: {', '.join(CASES)}; all of them unless said")
    parser.add_argument("--splits", type=int, help="random splits of each table; 10 of small, 3 of large unless said")
    parser.add_argument("--workers", type=int, default=2, help="2 unless said; results are the same with any number")
    parser.add_argument("--json", type=Path, help="where to write what each split gave")
    asked = parser.parse_args()
    if unknown := [name for name in asked.tables if name not in CASES]:
        parser.error(f"There is no case {', '.join(unknown)}. There are: {', '.join(CASES)}.")
    print(show_table(HEADER, []), flush=True)
    found: dict[str, list[dict[str, Any]]] = {}
    with running_service(workers=asked.workers) as service:
        for name in asked.tables or CASES:
            case, path = CASES[name], table_path(asked.folder, name)
            found[name] = []
            for split in _searches(service, case, path, asked.splits or case.splits):
                found[name].append(split)
                if asked.json:  # at once: what is measured stays, should a later search fail
                    asked.json.write_text(json.dumps(found, indent=1))
            print(_row(name, case, found[name]), flush=True)


def search(dataset: str, seed: int, large: bool) -> dict[str, Any]:
    """Return the request for a search: a large table gets fewer epochs and larger batches than a small one."""
    epochs = 60 if large else 300
    batch_sizes = [64, 128] if large else [16, 32]
    return {
        "dataset": dataset,
        "seed": seed,
        "space": {**SPACE, "batch_size": {"kind": "choice", "values": batch_sizes, "ordered": True}},
        "fixed": {"epochs": epochs, "decay": "exponential"},
        "sampler": {"kind": "gp", "batch": 8},
        "budget": {"trials": TRIALS},
    }


def _searches(service: Service, case: Case, path: Path, splits: int) -> Iterator[dict[str, Any]]:
    """Yield what the ensemble of each search is worth on test beside its best trial, and how long the search took."""
    large = is_large(path)
    for seed in range(splits):
        sweep, seconds = service.run_sweep(search(upload(service, path, SPLIT, seed), seed, large), LONGEST)
        ensemble = service.get(f"/v1/sweeps/{sweep['id']}/ensemble")
        yield {
            "seed": seed,
            "ensemble": ensemble["metrics"][f"test_{case.metric}"] / case.unit,
            "best": ensemble["best"]["metrics"][f"test_{case.metric}"] / case.unit,
            "members": len(ensemble["members"]),
            "seconds": seconds,
        }
        service.client.delete(f"/v1/sweeps/{sweep['id']}").raise_for_status()


def _row(name: str, case: Case, splits: Sequence[Mapping[str, Any]]) -> str:
    values = [one["ensemble"] for one in splits]
    return show_row(
        [
            name,
            str(len(splits)),
            f"test_{case.metric}",
            show_interval(values),
            ", ".join(f"{value:.3f}" for value in values),
            f"{fmean(one['best'] for one in splits):.4f}",
            verdict(case, values),
            f"{fmean(one['seconds'] for one in splits):.0f}",
        ]
    )


def verdict(case: Case, values: Sequence[float]) -> str:
    """Return the verdict; of fewer splits than the target is for there is none."""
    if len(values) < case.splits:
        return f"{case.target.sense} {case.target.value:g} on {case.splits} splits: open"
    return case.target.verdict(fmean(values))


if __name__ == "__main__":
    main()
