"""Tests of the work protocol over HTTP."""

import socket
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.contract.hyperparameters import complete
from app.domain.work import MOST_REQUEST_BYTES
from app.services.services import Services
from tests.app.api.serving import Json, Trainer, curve_point, finished, places, problem, serving, start, when_ended
from tests.system.processes import until


def test_a_run_has_all_that_a_trainer_needs(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, early_stopping={"patience": 2})
    (run,) = trainer.claim()
    trial = client.get(f"/v1/sweeps/{sweep['id']}/trials/0").json()
    assert (run["sweep"], run["trial"], run["replicate"], run["lease"]["fence"]) == (sweep["id"], 0, 0, 1)
    assert (run["dataset"], run["dataset_sha256"]) == ("iris", sweep["dataset_sha256"])
    assert run["params"] == complete({**sweep["fixed"], **trial["params"]})
    assert (run["seed"], run["metric"]) == (7, "dev_error")
    assert run["early_stopping"] == {"patience": 2, "min_delta": 0.0}
    assert (run["to_epoch"], run["checkpoint"]) == (3, None)
    assert trial["state"] == "running"


def test_a_trainer_gets_runs_of_its_own_kind_alone(client: httpx.Client, trainer: Trainer) -> None:
    start(client)
    assert trainer.claim(trainer="another") == []
    assert trainer.claim(rules=1) == []
    assert len(trainer.claim()) == 1


def test_a_trial_goes_from_claim_to_result(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client)["id"]
    (lease,) = trainer.leases()
    keep = [{"lease": lease, "decision": "continue", "reason": None}]
    assert trainer.report(lease, 1) == keep
    assert trainer.heartbeat([lease]) == keep
    receipts = trainer.finish(finished(lease, 0.25))["items"]
    assert receipts == [{"lease": lease, "outcome": "recorded", "reason": None}]
    assert trainer.finish(finished(lease, 0.25))["items"][0]["outcome"] == "repeated"
    assert client.get(f"/v1/sweeps/{sweep}/trials/0").json()["value"] == 0.25


def test_epochs_of_other_trials_may_travel_with_results(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client)["id"]
    ends, *others = trainer.claim(3)
    ends, (goes_on, released) = ends["lease"], (run["lease"] for run in others)
    trainer.release([released])
    progress = [{"lease": lease, "epochs": [curve_point(1)]} for lease in (goes_on, released)]
    answer = trainer.finish(finished(ends, 0.5), progress=progress)
    curves = [client.get(f"/v1/sweeps/{sweep}/trials/{run['trial']}/curve").json() for run in others]

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
    assert (decision["decision"], decision["reason"]) == ("stop", "it was given back")
    (other,) = Trainer(client, "other").leases()
    assert other == lease | {"fence": 2}
    (late,) = trainer.report(lease, 1)
    assert late["decision"] == "stop"
    assert "lease" in late["reason"]


def test_a_lease_of_another_worker_changes_nothing(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, budget={"trials": 1})["id"]
    (lease,) = trainer.leases()
    stranger = Trainer(client, "stranger")
    assert stranger.heartbeat([lease])[0]["decision"] == "stop"
    assert stranger.report(lease, 1)[0]["decision"] == "stop"
    assert stranger.finish(finished(lease, 0.5))["items"][0]["outcome"] == "stale"
    assert stranger.release([lease])[0]["decision"] == "stop"
    assert client.get(f"/v1/sweeps/{sweep}/trials/0/curve").json()["items"] == []
    assert trainer.finish(finished(lease, 0.5))["items"][0]["outcome"] == "recorded"


def test_a_lost_worker_is_replaced_at_once(client: httpx.Client, trainer: Trainer, services: Services) -> None:
    start(client, budget={"trials": 2})
    lost = trainer.leases(2)
    assert services.work.lose_worker("trainer", "signal", "killed by signal 9") == 2
    found = Trainer(client, "other").leases(2)
    assert [lease["run"] for lease in found] == [lease["run"] for lease in lost]
    assert all(decision["decision"] == "stop" for decision in trainer.heartbeat(lost))


def test_more_trials_than_the_horizon_are_drawn_while_they_are_claimed(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, budget={"trials": 1500})["id"]
    seen: set[int] = set()
    while len(seen) < 1500:
        runs = trainer.claim(300, wait=20)
        seen |= {run["trial"] for run in runs}
        trainer.finish(*(finished(run["lease"], 0.5) for run in runs))
    assert seen == set(range(1500))
    assert when_ended(client, sweep)["state"] == "completed"


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
    assert {run["cohort"] for run in more} == {one["cohort"]}
    assert {tuple(run["params"]["hidden_units"]) for run in more} == {tuple(one["params"]["hidden_units"])}


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
    assert [run["lease"]["fence"] for run in found] == [2]


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


def test_a_claim_that_waits_is_answered_when_its_worker_is_about_to_end(client: httpx.Client, trainer: Trainer) -> None:
    found: list[Json] = []
    waiting = threading.Thread(target=lambda: found.extend(trainer.claim(wait=20)))
    before = time.monotonic()
    waiting.start()
    while waiting.is_alive():  # it may have to leave again: the claim may come later than a release
        trainer.release([])
    assert (found, time.monotonic() - before < 10) == ([], True)
    start(client, budget={"trials": 1})
    assert len(trainer.claim()) == 1


def test_a_client_that_hangs_up_while_it_waits_takes_no_work(client: httpx.Client, trainer: Trainer) -> None:
    body = b'{"worker": "gone", "trainer": "logsweep", "rules": 3, "slots": 1, "wait": 20}'
    head = (
        "POST /v1/work/claim HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((client.base_url.host, client.base_url.port or 80)) as connection:
        connection.sendall(head.encode() + body)
        client.get("/healthz")
    sweep = start(client, budget={"trials": 1})["id"]
    assert len(trainer.claim(wait=20)) == 1
    assert client.get(f"/v1/sweeps/{sweep}").json()["counts"]["running"] == 1


def test_a_stopping_server_lets_nobody_wait(client: httpx.Client, trainer: Trainer, services: Services) -> None:
    services.publisher.close()
    before = time.monotonic()
    assert trainer.claim(wait=20) == []
    assert time.monotonic() - before < 5
    assert client.get("/healthz").status_code == 200


def test_a_silent_worker_loses_its_trial_after_the_lease(tmp_path: Path) -> None:
    with serving(tmp_path, lease_seconds=1) as (client, _):
        start(client, budget={"trials": 1})
        (lease,) = Trainer(client, "silent").leases()
        again = until(lambda: Trainer(client, "other").leases(wait=20), "its lease runs out")
        assert again == [lease | {"fence": 2}]


def test_a_claim_waits_no_longer_than_half_a_lease_as_its_worker_may_be_stopped(tmp_path: Path) -> None:
    with serving(tmp_path, lease_seconds=1) as (client, _):
        client.timeout = httpx.Timeout(10.0)  # less than it asks for
        assert Trainer(client).claim(wait=20) == []


LEASE = {"run": 1, "fence": 1}
OWN = {"trainer": "logsweep", "rules": 3}
SHA256 = "0" * 64


@pytest.mark.parametrize(
    ("route", "body", "pointers"),
    [
        ("claim", {}, ["/worker", "/trainer", "/rules", "/slots"]),
        ("claim", {"worker": "", "slots": 0, "wait": -1} | OWN, ["/worker", "/slots", "/wait"]),
        ("claim", {"worker": "x" * 201, "slots": 5000} | OWN, ["/worker", "/slots"]),
        ("claim", {"worker": "w", "trainer": "", "rules": 0, "slots": 1}, ["/trainer", "/rules"]),
        ("claim", {"worker": 7, "slots": "1"} | OWN, ["/worker", "/slots"]),
        ("claim", {"worker": "w", "slots": 2**63} | OWN, ["/slots"]),
        ("claim", {"worker": "w", "slots": True, "cohorts": [1]} | OWN, ["/slots", "/cohorts/0"]),
        ("claim", {"worker": "w", "slots": 1, "about": {"slots": 4}} | OWN, ["/about/version"]),
        (
            "claim",
            {"worker": "w", "slots": 1, "about": {"slots": 0, "version": "x" * 201, "memory_bytes": -1}} | OWN,
            ["/about/slots", "/about/version", "/about/memory_bytes"],
        ),
        ("heartbeat", {"worker": "w", "leases": [], "about": {"slots": 5000, "version": ""}}, ["/about/slots"]),
        (
            "heartbeat",
            {"worker": "w", "leases": [], "about": {"slots": 1, "version": "", "memory_bytes": 2**70}},
            ["/about/memory_bytes"],
        ),
        ("heartbeat", {"worker": "w"}, ["/leases"]),
        ("heartbeat", {"worker": "w", "leases": [{"run": 1}]}, ["/leases/0/fence"]),
        ("heartbeat", {"worker": "w", "leases": [LEASE] * 4097}, ["/leases"]),
        ("release", {"worker": "w", "items": [{"lease": LEASE}] * 4097}, ["/items"]),
        ("release", {"worker": "w", "items": [{"lease": LEASE, "ending": "lost"}]}, ["/items/0/ending"]),
        ("release", {"worker": "w", "items": [{"lease": LEASE, "reason": "x" * 2001}]}, ["/items/0/reason"]),
        (
            "report",
            {
                "worker": "w",
                "items": [
                    {"lease": LEASE, "epochs": [], "checkpoint": {"epoch": 0, "sha256": SHA256, "size": 1}},
                    {"lease": LEASE, "epochs": [], "checkpoint": {"epoch": 1, "sha256": "../../x", "size": 0}},
                ],
            },
            ["/items/0/checkpoint/epoch", "/items/1/checkpoint/sha256", "/items/1/checkpoint/size"],
        ),
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
            {
                "worker": "w",
                "items": [
                    finished(LEASE, 0.5, model={"sha256": "x", "size": 7}),
                    finished(LEASE, 0.5, model={"sha256": SHA256, "size": 2**40}),
                    finished(LEASE, 0.5, model={"sha256": SHA256, "size": 4, "made_with": {"x": "y" * 201}}),
                    finished(LEASE, 0.5, best_epoch=4, reason="x" * 2001),
                ],
            },
            [
                "/items/0/model/sha256",
                "/items/0/model/size",
                "/items/1/model/size",
                "/items/2/model/made_with",
                "/items/3/best_epoch",
                "/items/3/reason",
            ],
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
    body = {"worker": "trainer", "items": [finished(first, 0.5), finished(second, 0.5, epochs=-1)]}
    problem(client.post("/v1/work/finish", json=body), 422)
    assert client.get(f"/v1/sweeps/{sweep}").json()["counts"]["running"] == 2


def test_a_request_larger_than_a_workers_may_be_is_refused(client: httpx.Client) -> None:
    body = {"worker": "w" * MOST_REQUEST_BYTES, "leases": []}
    assert "larger than" in problem(client.post("/v1/work/heartbeat", json=body), 413)["detail"]


def test_a_result_whose_model_is_not_here_is_refused_alone(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, budget={"trials": 2})["id"]
    first, second = trainer.leases(2)
    missing = {"sha256": SHA256, "size": 140}
    receipts = trainer.finish(finished(first, 0.5, model=missing), finished(second, 0.25))["items"]
    assert [receipt["outcome"] for receipt in receipts] == ["refused", "recorded"]
    assert receipts[0]["reason"]
    assert client.get(f"/v1/sweeps/{sweep}/trials/0").json()["state"] == "running"
    assert trainer.finish(finished(first, 0.5, model=trainer.hand_in(bytes(140))))["items"][0]["outcome"] == "recorded"
    assert when_ended(client, sweep)["counts"]["completed"] == 2


def test_a_refused_run_goes_back_with_its_reason_and_the_others_stay(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, budget={"trials": 2})["id"]
    first, second = trainer.claim(2)
    trainer.release([first["lease"]], ending="refused", reason="the data set cannot be read")
    (attempt,) = client.get(f"/v1/sweeps/{sweep}/trials/{first['trial']}/attempts").json()["items"]
    assert (attempt["ending"], attempt["reason"]) == ("refused", "the data set cannot be read")
    assert trainer.heartbeat([second["lease"]])[0]["decision"] == "continue"


@pytest.mark.parametrize("diverged", ["exclude", "best_epoch"])
def test_a_run_says_whether_a_diverged_trial_is_ranked(client: httpx.Client, trainer: Trainer, diverged: str) -> None:
    start(client, objective={"diverged": diverged})
    (run,) = trainer.claim()
    assert run["diverged"] == diverged


def test_a_diverged_trial_has_no_value_and_its_reason_is_shown(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, budget={"trials": 2})["id"]
    first, second = trainer.leases(2)
    reason = "dev_loss is not finite in epoch 2"
    trainer.finish(finished(first, None, state="diverged", reason=reason, best_epoch=None), finished(second, 0.5))
    trials = client.get(f"/v1/sweeps/{sweep}/trials", params={"sort": "value"}).json()["items"]
    assert [trial["number"] for trial in trials] == [1, 0]
    assert (trials[1]["state"], trials[1]["value"], trials[1]["reason"]) == ("diverged", None, reason)
