"""A foreign trainer: it claims trials from logsweep, trains them with code of yours, and tells how they did."""

import math
import time
import uuid
from collections.abc import Callable, Iterable
from threading import Event, Thread
from typing import Any

import httpx

Json = dict[str, Any]
Train = Callable[[Json, int], Iterable[dict[str, float]]]  # (parameters, steps) -> the metrics after each step


def tune(server: str, sweep: Json, train: Train) -> Json:
    """Post a sweep, train its trials until it ends, and return it with its best trial."""
    with httpx.Client(base_url=server, timeout=60.0, transport=httpx.HTTPTransport(retries=3)) as client:
        worker, place = f"mine-{uuid.uuid4()}", f"/v1/sweeps/{_json(client.post('/v1/sweeps', json=sweep))['id']}"

        def send(route: str, **body: Any) -> Json:
            return _json(client.post(f"/v1/work/{route}", json={"worker": worker, **body}))

        while (found := _json(client.get(place)))["state"] == "running":
            claimed = send("claim", trainer=sweep["trainer"], rules=1, slots=1, wait=1)
            for run in claimed["runs"]:
                _train(send, run, claimed["lease_seconds"], train)
        return found


def _train(send: Callable[..., Json], run: Json, lease_seconds: float, train: Train) -> None:
    def keep_lease() -> None:
        while not over.wait(lease_seconds / 3):
            send("heartbeat", leases=[run["lease"]])

    over, times, curve, state, reason = Event(), [time.monotonic()], list[Json](), "completed", "trained to its end"
    Thread(target=keep_lease, daemon=True).start()
    try:
        for step, measured in enumerate(train(run["params"], run["to_epoch"]), 1):
            metrics = {name: value if math.isfinite(value) else None for name, value in measured.items()}
            times.append(time.monotonic())
            curve.append({"epoch": step, "metrics": metrics, "seconds": times[-1] - times[-2]})
            told = send("report", items=[{"lease": run["lease"], "epochs": curve[-1:]}])["items"][0]["decision"]
            if told != "continue":  # the sweep pauses or ends; after "stop", another has the run and no result counts
                state, reason = "paused" if told == "pause" else state, f"told to {told}"
                break
    except Exception as error:  # noqa: BLE001 - whatever went wrong in your code is the result of this trial
        state, reason = "failed", f"{type(error).__name__}: {error}"[:2000]
    finally:
        over.set()
    name, choose = run["metric"], max if run["direction"] == "maximize" else min
    points = [point for point in curve if point["metrics"].get(name) is not None]
    best = choose(points, key=lambda point: point["metrics"][name], default={"metrics": {name: None}})
    ended = {"state": state, "reason": reason, "epochs": len(curve), "seconds": time.monotonic() - times[0]}
    send("finish", items=[ended | {"lease": run["lease"], "metrics": best["metrics"], "best_epoch": best.get("epoch")}])


def _json(answer: httpx.Response) -> Json:
    assert answer.is_success, answer.text
    return dict(answer.json())
