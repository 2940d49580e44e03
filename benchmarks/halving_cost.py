"""What successive halving costs beside the same epochs without it: pauses, decisions and going on."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from benchmarks.service import Service, running_service
from benchmarks.spread import Spread, Target

WORKERS = 2
ROUNDS = 3
TRIALS = 10_000
ETA, RUNGS = 3, (1, 3, 9, 27)
COST = Target("<=", 1.5, "x")

SWEEP: Mapping[str, Any] = {
    "name": "halving",
    "dataset": "digits",
    "seed": 7,
    "space": {
        "learning_rate": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"},
        "hidden_units": {"kind": "choice", "values": [[16], [32]]},
    },
    "budget": {"trials": TRIALS},
}


def bodies() -> dict[str, dict[str, Any]]:
    """Return the sweep under halving, and one whose trials train as many epochs each, without pauses."""
    left = [TRIALS // ETA**rung for rung in range(len(RUNGS))] + [0]
    ends = [here - after for here, after in pairwise(left)]
    plain = {"kind": "choice", "values": list(RUNGS), "weights": [float(count) for count in ends]}
    halving = {"kind": "successive_halving", "eta": ETA, "first_rung": RUNGS[0]}
    return {
        "halving": {**SWEEP, "fixed": {"epochs": RUNGS[-1]}, "scheduler": halving},
        "without": {**SWEEP, "space": {**SWEEP["space"], "epochs": plain}},
    }


def epoch_seconds(service: Service, body: Mapping[str, Any]) -> float:
    """Return the seconds that an epoch of a sweep took, all that is around it included."""
    sweep, seconds = service.run_sweep(body)
    return seconds / sum(int(trial["epochs"]) for trial in service.trials(sweep["id"]))


def main() -> None:
    """Measure both in turns, and print the report."""
    costs = []
    with running_service(WORKERS) as service:
        service.run_sweep({**SWEEP, "fixed": {"epochs": 1}, "budget": {"trials": 64 * WORKERS}})  # the workers are up
        for _ in range(ROUNDS):
            seconds = {name: epoch_seconds(service, body) for name, body in bodies().items()}
            costs.append(seconds["halving"] / seconds["without"])
    cost = Spread.of(costs)
    print(f"## {TRIALS:,} trials under successive halving, rungs {RUNGS}, {WORKERS} workers\n")
    print(f"Time of an epoch against the same epochs without: {cost.show('x', 2)}, {COST.verdict(cost.median)}.")


if __name__ == "__main__":
    main()
