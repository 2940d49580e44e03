"""Pausing and going on: 64 networks of 784-512-512-10 in one worker, from the resume to their next epochs."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.service import Service, running_service
from benchmarks.spread import Target

MEMBERS = 64
EPOCHS = 1000
INPUTS, CLASSES, ROWS = 784, 10, 2560
AT_ONCE = Target("<=", 1.0, "x")


def body() -> Mapping[str, Any]:
    """Return the sweep."""
    return {
        "name": "to be paused",
        "dataset": "random",
        "seed": 1,
        "space": {"learning_rate": {"kind": "float", "low": 1e-5, "high": 1e-3, "scale": "log"}},
        "fixed": {"hidden_units": [512, 512], "epochs": EPOCHS, "batch_size": 128},
        "budget": {"trials": MEMBERS},
    }


def upload(service: Service) -> None:
    """Post random numbers with random classes."""
    rng = np.random.default_rng(0)
    lines = [",".join([*(f"x{column}" for column in range(INPUTS)), "y"])]
    lines += [",".join(map(str, [*row, f"c{rng.integers(CLASSES)}"])) for row in rng.integers(0, 256, (ROWS, INPUTS))]
    files = {"file": ("random.csv", "\n".join(lines))}
    service.client.post(
        "/v1/datasets", data={"name": "random", "target": "y"}, files=files, timeout=300.0
    ).raise_for_status()


def first_epochs(service: Service, sweep: str, more: int) -> float:
    """Wait until each trial has so many epochs more than now; return the seconds that it took."""
    wanted = {trial["number"]: trial["epochs"] + more for trial in service.trials(sweep)}
    start = time.perf_counter()
    while any(trial["epochs"] < wanted[trial["number"]] for trial in service.trials(sweep)):
        time.sleep(0.02)  # the pace of asking
    return time.perf_counter() - start


def steered(service: Service, sweep: str, what: str) -> None:
    """Send a command to the sweep."""
    service.client.post(f"/v1/sweeps/{sweep}/{what}").raise_for_status()


def main() -> None:
    """Measure, and print the report."""
    with running_service(1) as service:
        upload(service)
        sweep = service.client.post("/v1/sweeps", json=body()).raise_for_status().json()["id"]
        first_epochs(service, sweep, 1)
        epoch = first_epochs(service, sweep, 2) / 2
        steered(service, sweep, "pause")
        while service.get(f"/v1/sweeps/{sweep}")["counts"]["running"]:
            time.sleep(0.02)  # the pace of asking
        steered(service, sweep, "resume")
        again = first_epochs(service, sweep, 1)
        steered(service, sweep, "cancel")
    print(f"## {MEMBERS} paused members of 784-512-512-10\n")
    print(f"An epoch of all takes {epoch:.2f} s; after a resume the first comes after {again:.2f} s, ")
    print(f"{(again - epoch) / epoch:.2f} epochs more: {AT_ONCE.verdict((again - epoch) / epoch)}.")


if __name__ == "__main__":
    main()
