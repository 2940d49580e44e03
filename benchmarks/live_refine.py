"""From coarse to fine with real networks: `python -m benchmarks.live_refine FOLDER [TABLE ...]`.

After 100 random trials of a sweep come three ways to spend 100 more: as many random ones again; the sweep that POST
.../refine starts, in the next space with the first 100 as its history; and the same sampler with the same history in
the space as it was. All three begin with the same trials on the same split, so that they are compared pair by pair.
"""

import argparse
import gzip
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from benchmarks.ensembles.uploads import table_path
from benchmarks.service import Service, running_service
from benchmarks.spread import show_row, show_table

TRIALS = 100
SPACE: Mapping[str, Any] = {
    "learning_rate": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"},
    "optimizer": {"kind": "choice", "values": ["sgd", "momentum", "adam"]},
    "beta1": {
        "kind": "float",
        "low": 0.8,
        "high": 0.99,
        "scale": "reverse_log",
        "when": {"optimizer": ["momentum", "adam"]},
    },
    "batch_size": {"kind": "choice", "values": [16, 32, 64, 128], "ordered": True},
    "hidden_units": {"kind": "choice", "values": [[16], [32], [64], [32, 32], [64, 64]]},
    "activation": {"kind": "choice", "values": ["relu", "tanh"]},
    "l2": {"kind": "float", "low": 1e-4, "high": 10.0, "scale": "log"},
    "keep_prob": {"kind": "float", "low": 0.5, "high": 1.0},
}
"""What anyone might write down before a first search: nothing here is set for a table."""

PLAIN, REFINED, SAME_SPACE = "100 more random", "refined", "the same sampler, the space as it was"
HEADER = ["table", "pairs", "metric", PLAIN, REFINED, SAME_SPACE, f"{REFINED} to random", f"{SAME_SPACE}, to random"]


@dataclass(frozen=True, slots=True)
class Case:
    """So many rows of a table, and the epochs of a trial."""

    rows: int
    epochs: int


CASES: Mapping[str, Case] = {
    "concrete": Case(1_030, 15),
    "energy": Case(768, 20),
    "california_housing": Case(2_000, 8),
    "phoneme": Case(2_000, 8),
    "letter": Case(3_000, 6),
}
"""Tables on which nobody comes to the end of what can be gained in 200 trials of so few epochs."""


def main() -> None:
    """Print a row for each table as it is ready, and one for all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder with tabular/*.csv.gz, each with its target in `target`")
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"of: {', '.join(CASES)}; all of them unless said")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(8)), help="a pair for each seed and split")
    parser.add_argument("--json", type=Path, help="a file for what each pair came to")
    asked = parser.parse_args()
    print(show_table(HEADER, []), flush=True)
    found = dict[str, list[dict[str, Any]]]()
    with running_service(workers=1) as service:
        for name in asked.tables or CASES:
            found[name] = [_pair(service, table_path(asked.folder, name), CASES[name], seed) for seed in asked.seeds]
            print(_row(name, found[name]), flush=True)
            if asked.json:
                asked.json.write_text(json.dumps(found, indent=1))
    if len(found) > 1:
        print(_row("all", [pair for pairs in found.values() for pair in pairs]))


def _pair(service: Service, path: Path, case: Case, seed: int) -> dict[str, Any]:
    """Return the best value that each way comes to, with 200 trials in all."""
    client, dataset = service.client, f"{path.name.removesuffix('.csv.gz')}-{seed}"
    form = {"name": dataset, "target": "target", "split": "0.6,0.2,0.2", "split_seed": str(seed)}
    client.post(
        "/v1/datasets", data=form, files={"file": ("some.csv", _some(path, case.rows, seed))}
    ).raise_for_status()
    fixed = {"epochs": case.epochs}
    coarse, _ = service.run_sweep(
        {"dataset": dataset, "seed": seed, "space": SPACE, "fixed": fixed, "budget": {"trials": TRIALS}}
    )
    first, metric = coarse["best"]["value"], coarse["objective"]["metric"]
    proposed = service.get(f"/v1/sweeps/{coarse['id']}/analysis")["next_space"]
    fine, _ = service.run_sweep({**proposed, "seed": 1_000 + seed})
    same, _ = service.run_sweep({**proposed, "seed": 1_000 + seed, "space": SPACE})
    client.patch(f"/v1/sweeps/{coarse['id']}", json={"budget": {"trials": 2 * TRIALS}}).raise_for_status()
    plain = service.ended(coarse["id"])
    ends = {PLAIN: plain["best"]["value"]} | {
        name: min(first, one["best"]["value"]) for name, one in ((REFINED, fine), (SAME_SPACE, same))
    }
    return {"seed": seed, "metric": metric, "after 100": first, **ends, "next_space": proposed["space"]}


def _some(path: Path, rows: int, seed: int) -> bytes:
    """Return a table with so many of its rows, drawn by lot."""
    header, *lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    drawn = np.random.default_rng(seed).permutation(len(lines))[:rows]
    return b"".join([header, *(lines[place] for place in sorted(drawn))])


def _row(name: str, pairs: Sequence[Mapping[str, Any]]) -> str:
    metrics = sorted({one["metric"] for one in pairs})
    means = [
        f"{fmean(one[way] for one in pairs):.4g}" if len(metrics) == 1 else "" for way in (PLAIN, REFINED, SAME_SPACE)
    ]
    ratios = [_ratio([one[way] / one[PLAIN] for one in pairs]) for way in (REFINED, SAME_SPACE)]
    return show_row([name, str(len(pairs)), ", ".join(metrics), *means, *ratios])


def _ratio(ratios: Sequence[float]) -> str:
    """Return the geometric mean with its 95 % bootstrap interval over the pairs."""
    logarithms = np.log(ratios)
    drawn = np.random.default_rng(0).integers(len(ratios), size=(10_000, len(ratios)))
    low, high = np.exp(np.quantile(logarithms[drawn].mean(1), [0.025, 0.975]))
    return f"{math.exp(logarithms.mean()):.3f} ({low:.3f}..{high:.3f})"


if __name__ == "__main__":
    main()
