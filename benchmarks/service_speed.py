"""The whole service: the example sweep from POST to completed, against scikit-learn's random search."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import mean
from typing import Any

from app.demo import EXAMPLE
from benchmarks.random_search import random_search
from benchmarks.service import Service, running_service
from benchmarks.spread import Spread, Target, show_table
from engine.data import load_builtin

WORKERS = 2
ROUNDS = 9
SPEED = Target(">=", 7.5, "x")
DEV_ERROR = Target("<=", 2.5, " %")
TRIALS: int = EXAMPLE["budget"]["trials"]
EPOCHS: int = EXAMPLE["fixed"]["epochs"]
SEED: int = EXAMPLE["seed"]
ALL_EPOCHS: Mapping[str, Any] = {name: value for name, value in EXAMPLE.items() if name != "early_stopping"}


@dataclass(slots=True)
class Runs:
    """The seconds of each round of one contestant, and the cells that tell what its last round found."""

    name: str
    seconds: list[float] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    dev_error: float = 1.0

    def sweep(self, service: Service, body: Mapping[str, Any]) -> None:
        """Run a sweep in the service."""
        sweep, seconds = service.run_sweep(body)
        trials = service.trials(sweep["id"])
        self.seconds.append(seconds)
        self.dev_error = sweep["best"]["value"]
        test_error = trials[sweep["best"]["trial"]]["metrics"]["test_error"]
        self.found = [f"{self.dev_error:.2%}", f"{test_error:.2%}", f"{mean(one['epochs'] for one in trials):.1f}"]

    def row(self) -> list[str]:
        """Return the contestant's row of the report."""
        return [self.name, Spread.of(self.seconds).show(" s", 2), *self.found]


def main() -> None:
    """Measure, and print the report."""
    example, equal, rival = _measure()
    print(
        f"## Service: {TRIALS} trials of up to {EPOCHS} epochs on digits, {WORKERS} workers, {os.cpu_count()} cores\n"
    )
    header = ["", "time", "best dev error", "test error of the best", "epochs of a trial"]
    print(show_table(header, [runs.row() for runs in (example, equal, rival)]))
    faster = Spread.of_ratios(rival.seconds, example.seconds)
    print(f"\nFaster than scikit-learn: {faster.show('x')}, {SPEED.verdict(faster.median)}.")
    print(f"With all epochs on both sides: {Spread.of_ratios(rival.seconds, equal.seconds).show('x')}.")
    print(f"Best dev error: {example.dev_error:.2%}, {DEV_ERROR.verdict(100 * example.dev_error)}.")


def _measure() -> tuple[Runs, Runs, Runs]:
    """Run the contestants in turn, round after round."""
    digits = load_builtin(EXAMPLE["dataset"])
    example, equal = Runs("logsweep, the example sweep"), Runs("logsweep, without early stopping")
    rival = Runs("scikit-learn, RandomizedSearchCV")
    with running_service(WORKERS) as service:
        # The pools of both are warm: a service and a notebook have theirs from the search before.
        service.run_sweep(EXAMPLE)
        random_search(digits, 2 * WORKERS, EPOCHS, WORKERS, SEED)
        for _ in range(ROUNDS):
            example.sweep(service, EXAMPLE)
            equal.sweep(service, ALL_EPOCHS)
            seconds, rival.dev_error = random_search(digits, TRIALS, EPOCHS, WORKERS, SEED)
            rival.seconds.append(seconds)
    rival.found = [f"{rival.dev_error:.2%}", "not refitted", f"at most {EPOCHS}"]
    return example, equal, rival


if __name__ == "__main__":
    main()
