"""Tests of the ways of a report: on the event loop if it is small, sound and known to be ours, else in a thread."""

import asyncio
import json

import httpx
import pytest

from app.api.work import SMALL
from app.domain.work import Epoch, Lease, Progress, ReportRequest
from app.services.services import Services
from tests.app.api.serving import Json, Trainer, curve_point, start


@pytest.mark.parametrize("padding", [0, SMALL], ids=["on the loop", "in a thread"])
def test_a_report_is_stored_and_answered_the_same_on_each_way(
    client: httpx.Client, trainer: Trainer, padding: int
) -> None:
    sweep = start(client)["id"]
    goes_on, released, leaves_a_gap = trainer.claim(3)
    trainer.release([released["lease"]])
    curves = [(goes_on, [1, 2]), (released, [1]), (leaves_a_gap, [2])]
    items = [{"lease": run["lease"], "epochs": [curve_point(one) for one in epochs]} for run, epochs in curves]
    body = json.dumps({"worker": "trainer", "items": items}) + " " * padding
    told = client.post("/v1/work/report", content=body, headers={"Content-Type": "application/json"}).json()["items"]

    decisions = ["continue", "stop", "stop"]
    assert [(one["lease"], one["decision"]) for one in told] == [
        (run["lease"], decision) for (run, _), decision in zip(curves, decisions, strict=True)
    ]
    assert "went back to the queue" in told[1]["reason"]
    assert "without a gap" in told[2]["reason"]
    stored = [client.get(f"/v1/sweeps/{sweep}/trials/{run['trial']}/curve").json()["items"] for run, _ in curves]
    assert [[one["epoch"] for one in curve] for curve in stored] == [[1, 2], [], []]


def asked(lease: Json) -> ReportRequest:
    """Return a report that tells nothing of one run."""
    return ReportRequest("trainer", [Progress(Lease(**lease), [])])


def test_a_report_takes_a_thread_unless_it_is_sound_and_its_runs_are_known_as_ours(
    client: httpx.Client, trainer: Trainer, services: Services
) -> None:
    start(client)
    foreign_sweep = {
        "trainer": "external:xgboost",
        "metrics": {"auc": "maximize"},
        "space": {},
        "budget": {"trials": 1},
    }
    client.post("/v1/sweeps", json=foreign_sweep).raise_for_status()
    (ours,) = trainer.leases()
    (foreign,) = trainer.leases(trainer="external:xgboost", rules=1)

    answer = asyncio.run(services.work.report_soon(asked(ours)))
    assert answer is not None
    assert [one.decision for one in answer.items] == ["continue"]
    unknown_metric = Progress(Lease(**ours), [Epoch(1, {"dev_eror": 0.5}, 1.0)])
    others = [asked(foreign), asked({"run": 10**6, "fence": 1}), ReportRequest("trainer", [unknown_metric])]
    for other in others:
        assert asyncio.run(services.work.report_soon(other)) is None
