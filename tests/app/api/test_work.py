"""Tests of the work protocol over HTTP."""

import socket
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.services.services import Services
from app.training.hyperparameters import complete
from tests.app.api.serving import Trainer, curve_point, finished, places, problem, serving, start


def test_a_segment_has_all_that_a_trainer_needs(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, early_stopping={"patience": 2})
    (segment,) = trainer.claim()
    trial = client.get(f"/v1/sweeps/{sweep['id']}/trials/0").json()
    assert segment["lease"] == {"sweep": sweep["id"], "trial": 0, "fence": 1}
    assert (segment["dataset"], segment["dataset_sha256"]) == ("iris", sweep["dataset_sha256"])
    assert segment["params"] == complete({**sweep["fixed"], **trial["params"]})
    assert (segment["seed"], segment["metric"]) == (7, "dev_error")
    assert segment["early_stopping"] == {"patience": 2, "min_delta": 0.0}
    assert (segment["from_epoch"], segment["to_epoch"]) == (0, 3)
    assert trial["state"] == "running"


def test_a_trial_goes_from_claim_to_result(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client)["id"]
    (lease,) = trainer.leases()
    keep = [{"lease": lease, "decision": "continue", "reason": None}]
    assert trainer.report(lease, 1) == keep
    assert trainer.heartbeat([lease]) == keep
    receipts = trainer.finish(finished(lease, 0.25))["items"]
    assert receipts == [{"lease": lease, "outcome": "recorded"}]
    assert trainer.finish(finished(lease, 0.25))["items"][0]["outcome"] == "repeated"
    assert client.get(f"/v1/sweeps/{sweep}/trials/0").json()["value"] == 0.25


def test_epochs_of_other_trials_may_travel_with_results(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client)["id"]
    ends, goes_on, released = trainer.leases(3)
    trainer.release([released])
    progress = [{"lease": lease, "epochs": [curve_point(1)]} for lease in (goes_on, released)]
    answer = trainer.finish(finished(ends, 0.5), progress=progress)
    curves = [client.get(f"/v1/sweeps/{sweep}/trials/{lease['trial']}/curve").json() for lease in (goes_on, released)]

    assert [item["outcome"] for item in answer["items"]] == ["recorded"]
    assert [item["decision"] for item in answer["decisions"]] == ["continue", "stop"]
    assert [len(curve["items"]) for curve in curves] == [1, 0]


def test_faults_of_results_and_of_what_travels_with_them_come_together(client: httpx.Client, trainer: Trainer) -> None:
    start(client)
    ends, goes_on = trainer.leases(2)
    body = {
        "worker": "trainer",
        "items": [finished(ends, 0.5, epochs=-1)],
        "progress": [{"lease": goes_on, "epochs": [curve_point(1), {**curve_point(1), "epoch": 0}]}],
    }

    assert places(client.post("/v1/work/finish", json=body)) == ["/items/0/epochs", "/progress/0/epochs/1/epoch"]


def test_a_released_trial_goes_to_the_next_worker_under_a_new_fence(client: httpx.Client, trainer: Trainer) -> None:
    start(client, budget={"trials": 1})
    (lease,) = trainer.leases()
    (decision,) = trainer.release([lease])
    assert (decision["decision"], decision["reason"]) == ("stop", "released")
    (other,) = Trainer(client, "other").leases()
    assert other == lease | {"fence": 2}
    (late,) = trainer.report(lease, 1)
    assert (late["decision"], late["reason"]) == (
        "stop",
        "the lease was lost: the trial went back to the queue or has ended",
    )


def test_a_lost_worker_is_replaced_at_once(client: httpx.Client, trainer: Trainer, services: Services) -> None:
    start(client, budget={"trials": 2})
    lost = trainer.leases(2)
    assert services.work.lose_worker("trainer") == 2
    found = Trainer(client, "other").leases(2)
    assert [lease["trial"] for lease in found] == [lease["trial"] for lease in lost]
    assert all(decision["decision"] == "stop" for decision in trainer.heartbeat(lost))


def test_more_trials_than_the_horizon_are_drawn_while_they_are_claimed(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, budget={"trials": 1500})["id"]
    seen: set[int] = set()
    while leases := trainer.leases(300):
        seen |= {lease["trial"] for lease in leases}
        trainer.finish(*(finished(lease, 0.5, curve=[]) for lease in leases))
    assert seen == set(range(1500))
    assert client.get(f"/v1/sweeps/{sweep}").json()["state"] == "completed"


def test_two_workers_share_the_tail(client: httpx.Client, trainer: Trainer) -> None:
    start(client, budget={"trials": 8})
    other = Trainer(client, "other")
    assert other.claim(wait=0) != []
    assert len(trainer.claim(64)) == 4


def test_trials_of_the_workers_own_cohorts_come_first(client: httpx.Client, trainer: Trainer) -> None:
    widths = {"kind": "choice", "values": [[4], [8], [16]]}
    start(client, space={"hidden_units": widths}, fixed={"epochs": 1}, budget={"trials": 30})
    (one,) = trainer.claim(1)
    more = trainer.claim(4, cohorts=[one["cohort"]])
    assert {segment["cohort"] for segment in more} == {one["cohort"]}
    assert {tuple(segment["params"]["hidden_units"]) for segment in more} == {tuple(one["params"]["hidden_units"])}


def test_a_claim_without_work_waits_as_long_as_it_was_told_to(trainer: Trainer) -> None:
    before = time.monotonic()
    assert trainer.claim(wait=0.3) == []
    assert 0.3 <= time.monotonic() - before < 5


def test_a_waiting_claim_is_answered_when_a_sweep_is_posted(client: httpx.Client, trainer: Trainer) -> None:
    found: list[Any] = []
    waiting = threading.Thread(target=lambda: found.extend(trainer.claim(wait=20)))
    waiting.start()
    start(client)
    waiting.join(timeout=10)
    assert len(found) == 1


def test_a_waiting_claim_is_answered_when_work_comes_back(client: httpx.Client, trainer: Trainer) -> None:
    start(client, budget={"trials": 1})
    leases = trainer.leases()
    found: list[Any] = []
    other = Trainer(client, "other")
    waiting = threading.Thread(target=lambda: found.extend(other.claim(wait=20)))
    waiting.start()
    trainer.release(leases)
    waiting.join(timeout=10)
    assert [segment["lease"]["fence"] for segment in found] == [2]


def test_a_claim_beyond_its_share_is_answered_when_its_worker_finishes_what_it_holds(
    client: httpx.Client, trainer: Trainer
) -> None:
    idle = Trainer(client, "idle")
    assert idle.claim() == []  # it counts as one who shares the work
    start(client, budget={"trials": 4})
    held = trainer.leases(64)
    found: list[Any] = []
    waiting = threading.Thread(target=lambda: found.extend(trainer.claim(64, wait=20)))
    waiting.start()
    trainer.finish(*(finished(lease, 0.5) for lease in held))
    waiting.join(timeout=10)
    assert len(held) == 2
    assert found


def test_a_worker_that_leaves_has_no_share_any_more(client: httpx.Client, trainer: Trainer) -> None:
    leaver = Trainer(client, "leaver")
    assert leaver.claim() == []
    assert leaver.release([]) == []
    start(client, budget={"trials": 4})
    assert len(trainer.leases(64)) == 4


def test_a_client_that_hangs_up_while_it_waits_takes_no_work(client: httpx.Client, trainer: Trainer) -> None:
    body = b'{"worker": "gone", "slots": 1, "wait": 20}'
    head = (
        "POST /v1/work/claim HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((client.base_url.host, client.base_url.port or 80)) as connection:
        connection.sendall(head.encode() + body)
        client.get("/healthz")
    sweep = start(client, budget={"trials": 1})["id"]
    assert len(trainer.claim(wait=20)) == 1
    assert client.get(f"/v1/sweeps/{sweep}").json()["counts"]["running"] == 1


def test_a_stopping_server_lets_nobody_wait(client: httpx.Client, trainer: Trainer, services: Services) -> None:
    services.notifier.close()
    before = time.monotonic()
    assert trainer.claim(wait=20) == []
    assert time.monotonic() - before < 5
    assert client.get("/healthz").status_code == 200


def test_a_silent_worker_loses_its_trial_after_the_lease(tmp_path: Path) -> None:
    with serving(tmp_path, lease_seconds=1) as (client, _):
        start(client, budget={"trials": 1})
        (lease,) = Trainer(client, "silent").leases()
        assert Trainer(client, "other").claim(wait=20)[0]["lease"] == lease | {"fence": 2}


LEASE = {"sweep": "swp_1", "trial": 0, "fence": 1}


@pytest.mark.parametrize(
    ("route", "body", "pointers"),
    [
        ("claim", {}, ["/worker", "/slots"]),
        ("claim", {"worker": "", "slots": 0, "wait": -1}, ["/worker", "/slots", "/wait"]),
        ("claim", {"worker": "x" * 201, "slots": 5000}, ["/worker", "/slots"]),
        ("claim", {"worker": 7, "slots": "1"}, ["/worker", "/slots"]),
        ("claim", {"worker": "w", "slots": 2**63}, ["/slots"]),
        ("claim", {"worker": "w", "slots": True, "cohorts": [1]}, ["/slots", "/cohorts/0"]),
        ("heartbeat", {"worker": "w"}, ["/leases"]),
        ("heartbeat", {"worker": "w", "leases": [{"sweep": "s"}]}, ["/leases/0/trial", "/leases/0/fence"]),
        ("release", {"worker": "w", "leases": [LEASE] * 4097}, ["/leases"]),
        (
            "report",
            {"worker": "w", "items": [{"lease": LEASE, "epochs": [curve_point(1) | {"epoch": 0}]}]},
            ["/items/0/epochs/0/epoch"],
        ),
        (
            "report",
            {"worker": "w", "items": [{"lease": LEASE, "epochs": [curve_point(1) | {"gradient_norms": [0.5] * 65}]}]},
            ["/items/0/epochs/0/gradient_norms"],
        ),
        (
            "finish",
            {"worker": "w", "items": [finished(LEASE, 0.5, curve=[curve_point(1) | {"gradient_norms": [1, "NaN"]}])]},
            ["/items/0/curve/0/gradient_norms/1"],
        ),
        (
            "finish",
            {"worker": "w", "items": [finished(LEASE, 0.5, weights="!"), finished(LEASE, 0.5, weights="AAAA")]},
            ["/items/0/weights", "/items/1/weights"],
        ),
        (
            "finish",
            {"worker": "w", "items": [finished(LEASE, 0.5, metrics={"accuracy": 1.0}, epochs=-1)]},
            ["/items/0/metrics/accuracy", "/items/0/epochs"],
        ),
        (
            "finish",
            {"worker": "w", "items": [finished(LEASE, 0.5, state="queued")]},
            ["/items/0/state"],
        ),
    ],
)
def test_a_request_that_breaks_rules_is_refused_with_all_its_faults(
    shared: httpx.Client, route: str, body: dict[str, Any], pointers: list[str]
) -> None:
    assert places(shared.post(f"/v1/work/{route}", json=body)) == pointers


def test_one_faulty_result_keeps_the_whole_request_from_being_recorded(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client)["id"]
    first, second = trainer.leases(2)
    body = {"worker": "trainer", "items": [finished(first, 0.5), finished(second, 0.5, weights="?")]}
    problem(client.post("/v1/work/finish", json=body), 422)
    assert client.get(f"/v1/sweeps/{sweep}").json()["counts"]["running"] == 2


@pytest.mark.parametrize("diverged", ["exclude", "best_epoch"])
def test_a_segment_says_whether_a_diverged_trial_is_ranked(
    client: httpx.Client, trainer: Trainer, diverged: str
) -> None:
    start(client, objective={"diverged": diverged})
    (segment,) = trainer.claim()
    assert segment["diverged"] == diverged


def test_a_diverged_trial_has_no_value_and_its_reason_is_shown(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, budget={"trials": 2})["id"]
    first, second = trainer.leases(2)
    reason = "dev_loss is not finite in epoch 2"
    trainer.finish(finished(first, None, state="diverged", reason=reason, best_epoch=None), finished(second, 0.5))
    trials = client.get(f"/v1/sweeps/{sweep}/trials", params={"sort": "value"}).json()["items"]
    assert [trial["number"] for trial in trials] == [1, 0]
    assert (trials[1]["state"], trials[1]["value"], trials[1]["reason"]) == ("diverged", None, reason)
