"""What the service costs around the training: many trials that are almost nothing to train."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from benchmarks.service import running_service
from benchmarks.spread import Spread, Target

WORKERS = 2
ROUNDS = 5
TRIALS = 2000
RATE = Target(">=", 300.0, " trials/s")
SLOWDOWN = Target("<=", 1.1, "x")

SWEEP: Mapping[str, Any] = {
    "name": "one epoch of softmax regression",
    "dataset": "iris",
    "seed": 7,
    "space": {"learning_rate": {"kind": "float", "low": 1e-3, "high": 1.0, "scale": "log"}},
    "fixed": {"hidden_units": [], "epochs": 1},
    "budget": {"trials": TRIALS},
}


def main() -> None:
    """Measure some sweeps one after the other in one server, and print the report."""
    rates, slowdowns = [], []
    with running_service(WORKERS) as service:
        service.run_sweep({**SWEEP, "budget": {"trials": 2 * WORKERS}})  # the workers are up
        for _ in range(ROUNDS):
            sweep, seconds = service.run_sweep(SWEEP)
            rates.append(TRIALS / seconds)
            slowdowns.append(_slowdown(sweep["started_at"], service.trials(sweep["id"])))
    rate, slowdown = Spread.of(rates), Spread.of(slowdowns)
    print(f"## Overhead: {TRIALS} trials of one epoch of softmax regression on iris, {WORKERS} workers\n")
    print(f"End to end: {rate.show(' trials/s', 0)}, {RATE.verdict(rate.median)}.")
    print(
        f"Time of a trial in the last quarter against the first: {slowdown.show('x', 2)}, "
        f"{SLOWDOWN.verdict(slowdown.median)}."
    )


def _slowdown(started_at: str, trials: Sequence[Mapping[str, Any]]) -> float:
    """Return how many times longer the last quarter of the trials took than the first."""
    ends = sorted(datetime.fromisoformat(trial["finished_at"]) for trial in trials)
    quarter = len(ends) // 4
    first = ends[quarter - 1] - datetime.fromisoformat(started_at)
    last = ends[-1] - ends[-quarter - 1]
    return last / first


if __name__ == "__main__":
    main()
