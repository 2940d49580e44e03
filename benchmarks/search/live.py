"""Live searches to the same error: random and thaw in the service, and Optuna with PyTorch, on a wall clock.

`python -m benchmarks.search.live FOLDER [letter | mnist ...]`, with the folder of `tabular` and `images`; it needs
Optuna and PyTorch. The mark is the median of the errors that random search has at its end, over the seeds. A search is
timed to the first trial at the mark (thaw: to the end of that round; the rival: the first epoch), and counts whole
where it never comes there. Processor time is that of server and workers, or of the rival's processes, until then.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from statistics import fmean, median

from app.demo import EXAMPLE
from benchmarks import processor_time
from benchmarks.processor_time import Used
from benchmarks.search.live_cases import BUDGET_EPOCHS, CASES, Case, Reached, as_npz, body, reached
from benchmarks.search.pytorch_rival import search
from benchmarks.service import Service, running_service
from benchmarks.spread import Target, show_row, show_table
from engine.data import Dataset

WORKERS = 2
UPLOAD_SECONDS = 300.0

LONGEST_SWEEP = 7200.0
"""Seconds that a search may take where others use the machine too."""

TO_THE_MARK = ["seconds to the mark", "processor seconds", "epochs to it"]
HEADER = ["data set", "search", "seed", *TO_THE_MARK, "best dev error", "reached"]

Found = Mapping[str, Sequence[Reached]]


def main() -> None:
    """Measure each case, print every search as it ends, then what thaw gains."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder with tabular/letter.csv.gz and images/mnist.npz")
    parser.add_argument("cases", nargs="*", metavar="CASE", help="letter, mnist; both by default")
    parser.add_argument("--seeds", type=int, default=10, help="seeds of each search")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    asked = parser.parse_args()
    print(show_table(HEADER, []), flush=True)
    found = {
        case.name: _measured(case, case.read(asked.folder), asked.seeds)
        for case in CASES
        if case.name in (asked.cases or [case.name])
    }
    rows = [row for case in CASES if case.name in found for row in _gains(case, found[case.name])]
    print("\n" + show_table(["sooner at the mark", "by seconds", "by processor seconds", "by epochs", "target"], rows))
    if asked.json:
        plain = {name: {key: list(map(asdict, all_)) for key, all_ in of.items()} for name, of in found.items()}
        asked.json.write_text(json.dumps({"searches": plain, "figures": rows}, indent=1))


def _measured(case: Case, dataset: Dataset, seeds: int) -> Found:
    with running_service(WORKERS) as service:
        service.run_sweep(EXAMPLE)  # by its end all workers are there, and share what comes next
        _upload(service, case, dataset)
        randoms = [_finished(service, case, seed) for seed in range(seeds)]
        mark = median(min(error for *_, error in trials) for trials, _ in randoms)
        print(f"{case.name}: the mark is a dev error of {mark:.4f}", file=sys.stderr, flush=True)
        found: dict[str, list[Reached]] = {"random": [], "thaw": [], "Optuna with PyTorch": []}
        for seed in range(seeds):
            trials, used = randoms[seed]
            came = reached(trials, mark)
            found["random"].append(replace(came, processor=used.by(came.seconds)))
            _show(case, "random", seed, found["random"][-1])
            found["thaw"].append(_thawed(service, case, seed, mark))
            _show(case, "thaw", seed, found["thaw"][-1])
    for seed in range(seeds):  # by itself: the service has ended
        found["Optuna with PyTorch"].append(search(dataset, seed, mark))
        _show(case, "Optuna with PyTorch", seed, found["Optuna with PyTorch"][-1])
    return found


def _upload(service: Service, case: Case, dataset: Dataset) -> None:
    files = {"file": (f"{case.name}.npz", as_npz(dataset))}
    answer = service.client.post("/v1/datasets", data={"name": case.name}, files=files, timeout=UPLOAD_SECONDS)
    if answer.is_error:
        raise RuntimeError(f"The server refused the data set: {answer.text}")


def _finished(service: Service, case: Case, seed: int) -> tuple[list[tuple[float, int, float]], Used]:
    """Return of each trial of a random search, in the order of their ends, its second, its epochs and its error.

    With them comes what the processes had used at each second.
    """
    with processor_time.watched(service.pid) as used:
        sweep, _ = service.run_sweep(body(case, "random", seed), LONGEST_SWEEP)
    start = datetime.fromisoformat(sweep["created_at"])
    trials = sorted(
        ((datetime.fromisoformat(one["finished_at"]) - start).total_seconds(), one["epochs"], one["value"])
        for one in service.trials(sweep["id"])
        if one["value"] is not None
    )
    return trials, used


def _thawed(service: Service, case: Case, seed: int, mark: float) -> Reached:
    with processor_time.watched(service.pid) as used:
        sweep, seconds = service.run_sweep(body(case, "thaw", seed, mark), LONGEST_SWEEP)
    epochs = sum(one["epochs"] for one in service.trials(sweep["id"]))
    best = sweep["best"]["value"]
    return Reached(seconds, epochs if best <= mark else BUDGET_EPOCHS, best, best <= mark, used.by(seconds))


def _show(case: Case, name: str, seed: int, one: Reached) -> None:
    spent = [f"{one.seconds:.1f}", f"{one.processor:.1f}", f"{one.epochs:,}"]
    print(show_row([case.name, name, str(seed), *spent, f"{one.best:.4f}", "yes" if one.reached else "no"]), flush=True)


def _gains(case: Case, found: Found) -> Iterator[list[str]]:
    """Yield how many times sooner thaw was at the mark than each other, by means over the seeds."""
    for name, least in [("random", case.than_random), ("Optuna with PyTorch", case.than_rival)]:
        seconds, processor, epochs = (
            fmean(getattr(one, field) for one in found[name]) / fmean(getattr(one, field) for one in found["thaw"])
            for field in ("seconds", "processor", "epochs")
        )
        verdict = Target(">=", least, "x").verdict(seconds)
        yield [f"{case.name}: thaw, than {name}", *(f"{ratio:.1f}x" for ratio in (seconds, processor, epochs)), verdict]


if __name__ == "__main__":
    main()
