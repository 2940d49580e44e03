"""Tests of foreign trainers that cannot pause: their trials are compared while they train on, over a real server."""

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from docs.examples import foreign_trainer
from docs.examples.foreign_trainer import tune
from tests.app.api.serving import Json, Trainer, finished, serving, when_ended

EXTERNAL = {"trainer": "external", "rules": 1}
ASHA: Json = {"kind": "asha", "eta": 2, "first_rung": 1}
MEDIAN: Json = {"kind": "median", "first_rung": 1, "interval": 1, "least": 2}


def start(client: httpx.Client, **changes: Any) -> str:
    """Post a sweep of four steps; return its id."""
    body = {
        "trainer": "external",
        "metrics": {"auc": "maximize"},
        "steps": 4,
        "seed": 3,
        "space": {"x": {"kind": "float", "low": 0, "high": 1}},
        "budget": {"trials": 3},
        **changes,
    }
    answer = client.post("/v1/sweeps", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["reproducible"] is False
    return str(answer.json()["id"])


def told(client: httpx.Client, run: Json, step: int, auc: float | None, worker: str = "trainer") -> tuple[str, str]:
    """Report a step of a run; return the decision and its reason."""
    points = [{"epoch": step, "metrics": {"auc": auc}, "seconds": 0.5}]
    body = {"worker": worker, "items": [{"lease": run["lease"], "epochs": points}]}
    answer = client.post("/v1/work/report", json=body)
    assert answer.status_code == 200, answer.text
    (decision,) = answer.json()["items"]
    return decision["decision"], decision["reason"] or ""


def whole(run: Json, auc: float) -> Json:
    """Return the result of a run whose steps were reported."""
    return finished(run["lease"], None, metrics={"auc": auc}, best_epoch=4, epochs=4, curve=[])


def trial(client: httpx.Client, sweep: str, number: int) -> Json:
    answer: Json = client.get(f"/v1/sweeps/{sweep}/trials/{number}").json()
    return answer


def test_the_median_stops_a_trial_in_the_very_answer_to_its_report(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, scheduler=MEDIAN, budget={"trials": 3, "epochs": 9})
    good, bad = trainer.claim(9, **EXTERNAL)  # a third would be beyond the epochs
    assert told(client, good, 1, 0.9) == ("continue", "")
    reason = "rung of epoch 1: auc 0.5 is worse than 0.7, the median of 2 trials"
    assert told(client, bad, 1, 0.5) == ("stop", f"the run was pruned: {reason}")

    ended = trial(client, sweep, bad["trial"])
    assert (ended["state"], ended["reason"], ended["epochs"], ended["seconds"]) == ("pruned", reason, 1, 0.5)
    assert (ended["metrics"], ended["best_epoch"]) == ({"auc": 0.5}, 1)
    (attempt,) = client.get(f"/v1/sweeps/{sweep}/trials/{bad['trial']}/attempts").json()["items"]
    assert (attempt["ending"], attempt["reason"], attempt["epochs"]) == ("finished", reason, 1)
    decisions = client.get(f"/v1/sweeps/{sweep}/decisions").json()["items"]
    assert [(one["kind"], one["trials"], one["reason"]) for one in decisions] == [("prune", [bad["trial"]], reason)]

    assert trainer.finish(whole(bad, 0.99))["items"][0]["outcome"] == "repeated"
    for step in (2, 3, 4):
        assert told(client, good, step, 0.9)[0] == "continue"
    trainer.finish(whole(good, 0.9))
    (third,) = trainer.claim(9, wait=5, **EXTERNAL)  # what the pruned one left of the epochs is enough for it
    assert told(client, third, 1, 0.1)[0] == "stop"
    found = when_ended(client, sweep)
    assert (found["best"]["value"], found["used"]["epochs"]) == (0.9, 6)
    assert (found["counts"]["pruned"], found["counts"]["completed"]) == (2, 1)


def test_asha_stops_a_trial_that_others_have_overtaken_meanwhile(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, scheduler=ASHA)
    first, second, third = trainer.claim(9, **EXTERNAL)
    assert told(client, first, 1, 0.5)[0] == "continue"  # the best of one
    assert told(client, second, 1, 0.9)[0] == "continue"
    reason = "the run was pruned: rung of epoch 1: auc 0.5 is 2nd of 2, and the best 1 go on"
    assert told(client, first, 2, 0.95) == ("stop", reason)
    assert trial(client, sweep, 0)["epochs"] == 1
    assert told(client, third, 1, None)[0] == "continue"  # without a value it is compared with nobody
    assert told(client, third, 2, 0.8)[0] == "continue"  # alone at the second rung
    assert told(client, second, 2, 0.7)[0] == "continue"  # it had come to 0.9 before
    assert told(client, third, 3, 0.99)[0] == "stop"
    assert trial(client, sweep, third["trial"])["seconds"] == 1.0  # the step without a value took time too


def test_what_passed_its_rungs_comes_to_its_end_and_a_lost_run_is_compared_anew(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, services):
        sweep = start(client, scheduler=ASHA, budget={"trials": 2}, replicates=1)
        lost, other = Trainer(client, "lost").claim(9, **EXTERNAL)
        assert told(client, lost, 1, 0.8, "lost")[0] == "continue"
        assert services.work.lose_worker("lost", "lost", "it died") == 2
        again, other = Trainer(client).claim(9, **EXTERNAL)
        assert (again["trial"], other["trial"]) == (0, 1)
        assert told(client, again, 1, 0.3)[0] == "continue"
        assert told(client, other, 1, 0.5)[0] == "continue"
        assert told(client, again, 2, 0.9)[0] == "stop"
        for step in (2, 3, 4):
            assert told(client, other, step, 0.5)[0] == "continue"
        Trainer(client).finish(whole(other, 0.5))
        assert when_ended(client, sweep)["counts"]["completed"] == 1


def test_what_a_lost_attempt_came_to_counts_no_more_once_another_has_begun(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, services):
        sweep = start(client, scheduler=MEDIAN, budget={"trials": 2})
        (lost,) = Trainer(client, "lost").claim(1, **EXTERNAL)
        (other,) = Trainer(client).claim(1, **EXTERNAL)
        for step in (1, 2, 3):
            assert told(client, lost, step, 0.9, "lost")[0] == "continue"
        services.work.lose_worker("lost", "lost", "it died")
        (again,) = Trainer(client).claim(1, **EXTERNAL)
        assert told(client, again, 1, 0.2)[0] == "continue"
        for step in (1, 2, 3):  # the first of them ends the other, at what it came to now
            assert told(client, other, step, 0.5)[0] == "continue"
        ended = trial(client, sweep, again["trial"])
        assert (ended["state"], ended["value"], ended["epochs"], ended["seconds"]) == ("pruned", 0.2, 1, 0.5)
        assert ended["reason"] == "rung of epoch 1: auc 0.2 is worse than 0.35, the median of 2 trials"
        assert len(client.get(f"/v1/sweeps/{sweep}/trials/{again['trial']}/curve").json()["items"]) == 1


def test_replicates_are_compared_by_their_mean_and_end_together(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, scheduler=MEDIAN, replicates=2, budget={"trials": 2})
    a, b, c, d = trainer.claim(9, **EXTERNAL)
    for run, auc in ((a, 0.9), (b, 0.7), (c, 0.95)):
        assert told(client, run, 1, auc)[0] == "continue"
    assert told(client, d, 1, 0.25)[0] == "stop"
    assert told(client, c, 2, 0.99)[0] == "stop"
    found = trial(client, sweep, 1)
    assert (found["state"], found["metrics"], found["value"]) == ("pruned", {"auc": 0.6}, 0.6)


def test_a_sampler_that_learns_draws_on_while_trials_are_stopped(client: httpx.Client, trainer: Trainer) -> None:
    sampler = {"kind": "gp", "batch": 2}
    sweep = start(client, scheduler=MEDIAN, sampler=sampler, budget={"trials": 8})
    while client.get(f"/v1/sweeps/{sweep}").json()["state"] == "running":
        for run in trainer.claim(9, wait=1, **EXTERNAL):
            steps = (told(client, run, step, run["params"]["x"])[0] for step in (1, 2, 3, 4))
            if all(decision == "continue" for decision in steps):
                trainer.finish(whole(run, run["params"]["x"]))
    counts = client.get(f"/v1/sweeps/{sweep}").json()["counts"]
    assert counts["pruned"] + counts["completed"] == 8
    assert counts["pruned"] >= 1
    assert client.get(f"/v1/sweeps/{sweep}").json()["best"]["value"] > 0.9


def test_the_client_of_the_documents_leaves_trials_that_are_stopped(client: httpx.Client) -> None:
    steps = dict[float, int]()

    def train(params: Mapping[str, float], most: int) -> Any:
        for step in range(1, most + 1):
            steps[params["x"]] = step
            yield {"auc": params["x"]}

    body = {"trainer": "external", "metrics": {"auc": "maximize"}, "steps": 9, "seed": 3}
    space = {"x": {"kind": "float", "low": 0, "high": 1}}
    found = tune(str(client.base_url), {**body, "space": space, "scheduler": MEDIAN, "budget": {"trials": 12}}, train)
    assert found["state"] == "completed"
    assert found["counts"]["pruned"] >= 3
    assert found["best"]["value"] == max(steps)
    assert max(steps.values()) == 9
    items = client.get(f"/v1/sweeps/{found['id']}/trials").json()["items"]
    assert all(one["epochs"] == steps[one["params"]["x"]] for one in items)


def test_the_client_of_the_documents_tells_the_seconds_of_each_step(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = (float(tick) for tick in count())
    monkeypatch.setattr(foreign_trainer, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    body = {"trainer": "external", "metrics": {"auc": "maximize"}, "steps": 3, "budget": {"trials": 1}, "space": {}}
    found = tune(str(client.base_url), body, lambda _, steps: [{"auc": 0.5}] * steps)
    curve = client.get(f"/v1/sweeps/{found['id']}/trials/0/curve").json()["items"]
    assert [point["seconds"] for point in curve] == [1.0, 1.0, 1.0]
    assert trial(client, found["id"], 0)["seconds"] == 4.0
