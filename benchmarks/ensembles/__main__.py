"""Sweep every table of a folder, on several random splits each: `python -m benchmarks.ensembles FOLDER [NAME ...]`."""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.ensembles.uploads import is_large, table_path, upload
from benchmarks.service import Service, running_service
from benchmarks.spread import show_table

HEADER = ["table", "splits", "metric", "best trial", "greedy", "ten best alike", "greedy wins", "members", "seconds"]
SPLIT = "0.6,0.2,0.2"
SMALL_TRIALS, LARGE_TRIALS = 40, 20
SPACE: dict[str, Any] = {
    "learning_rate": {"kind": "float", "low": 3e-4, "high": 3e-2, "scale": "log"},
    "hidden_units": {"kind": "choice", "values": [[32], [64], [32, 32], [64, 64]]},
    "activation": {"kind": "choice", "values": ["relu", "tanh"]},
    "l2": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"},
    "keep_prob": {"kind": "float", "low": 0.7, "high": 1.0},
}
"""Random search in a space that anyone might write down: nothing here is set for a table."""


def main() -> None:
    """Print a row for each table as it is ready, and JSON of all splits where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder with tabular/*.csv.gz, each with its target in `target`")
    parser.add_argument("names", nargs="*", metavar="NAME", help="tables; all of the folder unless said")
    parser.add_argument("--seeds", type=int, default=10, help="random splits of each table")
    parser.add_argument("--json", type=Path, help="where to write what each split gave")
    asked = parser.parse_args()
    paths = sorted((asked.folder / "tabular").glob("*.csv.gz"))
    names = asked.names or [path.name.removesuffix(".csv.gz") for path in paths]
    print(show_table(HEADER, []), flush=True)
    found: dict[str, list[dict[str, Any]]] = {}
    with running_service(workers=1) as service:
        for name in names:
            found[name] = list(_splits(service, table_path(asked.folder, name), asked.seeds))
            print(_row(name, found[name]), flush=True)
            if asked.json:
                asked.json.write_text(json.dumps(found, indent=1))


def _splits(service: Service, path: Path, seeds: int) -> Iterator[dict[str, Any]]:
    large = is_large(path)
    for seed in range(seeds):
        sweep, seconds = service.run_sweep(
            {
                "dataset": upload(service, path, SPLIT, seed),
                "seed": seed,
                "space": SPACE,
                "fixed": {"epochs": 8 if large else 30, "batch_size": 128 if large else 32},
                "early_stopping": {"patience": 10},
                "budget": {"trials": LARGE_TRIALS if large else SMALL_TRIALS},
            }
        )
        yield {"seed": seed, "seconds": seconds, **_compared(service, sweep)}
        service.client.delete(f"/v1/sweeps/{sweep['id']}").raise_for_status()


def _compared(service: Service, sweep: dict[str, Any]) -> dict[str, Any]:
    """Return the figures on test of the best trial, of greedy selection and of the ten best alike."""
    metric = str(sweep["objective"]["metric"]).replace("dev_", "test_")
    greedy = service.get(f"/v1/sweeps/{sweep['id']}/ensemble")
    top = service.get(f"/v1/sweeps/{sweep['id']}/ensemble", selection="top", count=10)
    return {
        "metric": metric,
        "best": greedy["best"]["metrics"][metric],
        "greedy": greedy["metrics"][metric],
        "top": top["metrics"][metric],
        "members": len(greedy["members"]),
    }


def _row(name: str, splits: Sequence[dict[str, Any]]) -> str:
    means = [f"{fmean(one[kind] for one in splits):.4f}" for kind in ("best", "greedy", "top")]
    wins = sum((one["greedy"] < one["best"]) + 0.5 * (one["greedy"] == one["best"]) for one in splits)
    rest = [
        f"{wins:g} of {len(splits)}",
        *(f"{fmean(one[kind] for one in splits):.0f}" for kind in ("members", "seconds")),
    ]
    return f"| {' | '.join([name, str(len(splits)), splits[0]['metric'], *means, *rest])} |"


if __name__ == "__main__":
    main()
