"""Tests of the routes of sweeps."""

import json
import time
from threading import Thread
from typing import Any

import httpx
import pytest

from app.services.services import Services
from tests.app.api.serving import Trainer, finished, places, problem, start, sweep_body, when_ended

ADAM = {"kind": "choice", "values": ["adam", "sgd"]}


def rate(**changes: Any) -> dict[str, Any]:
    return {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log", **changes}


def test_a_sweep_is_answered_with_all_that_was_posted_and_decided(client: httpx.Client) -> None:
    body = sweep_body(
        name="first look",
        space={"learning_rate": rate(), "optimizer": ADAM},
        objective={"metric": "dev_loss"},
        early_stopping={"patience": 5},
        budget={"trials": 3, "seconds": 600},
        keep_models=2,
    )
    sweep = client.post("/v1/sweeps", json=body).json()
    assert sweep["id"].startswith("swp_")
    assert sweep["state"] == "running"
    assert sweep["counts"] == {
        "queued": 3,
        "running": 0,
        "paused": 0,
        "completed": 0,
        "pruned": 0,
        "diverged": 0,
        "failed": 0,
        "cancelled": 0,
    }
    for name in ("name", "dataset", "seed", "space", "fixed", "keep_models"):
        assert sweep[name] == body[name]
    assert sweep["budget"] == body["budget"] | {"epochs": None, "target": None}
    assert sweep["objective"] == {"metric": "dev_loss", "direction": "minimize", "diverged": "exclude"}
    assert sweep["early_stopping"] == {"patience": 5, "min_delta": 0.0}
    assert sweep["sampler"] == {"kind": "random"}
    assert sweep["scheduler"] == {"kind": "none"}
    assert sweep["best"] is sweep["started_at"] is sweep["finished_at"] is sweep["reason"] is None
    assert client.get(f"/v1/sweeps/{sweep['id']}").json() == sweep


def test_an_absent_seed_is_drawn_and_shown_and_fits_64_bits(client: httpx.Client) -> None:
    seeds = [start(client, seed=None)["seed"] for _ in range(3)]
    assert len(set(seeds)) == 3
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_the_usual_objective_follows_the_task(client: httpx.Client) -> None:
    assert start(client)["objective"]["metric"] == "dev_error"
    assert start(client, dataset="diabetes")["objective"]["metric"] == "dev_rmse"


def test_the_same_seed_gives_the_same_trials_also_beyond_those_drawn_at_once(client: httpx.Client) -> None:
    def points(trials: int) -> list[Any]:
        sweep = start(client, seed=11, budget={"trials": trials})["id"]
        found = client.get(f"/v1/sweeps/{sweep}/trials", params={"limit": 500}).json()["items"]
        return [trial["params"] for trial in found]

    assert points(30)[:10] == points(10)


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"dataset": "iriss"}, ["/dataset"]),
        ({"dataset": None}, ["/dataset"]),
        ({"dataset": 7}, ["/dataset"]),
        ({"datasett": "iris"}, ["/datasett"]),
        ({"name": 7}, ["/name"]),
        ({"name": "x" * 201}, ["/name"]),
        ({"seed": -1}, ["/seed"]),
        ({"seed": 2**63}, ["/seed"]),
        ({"seed": 1.5}, ["/seed"]),
        ({"seed": "7"}, ["/seed"]),
        ({"seed": True}, ["/seed"]),
        ({"space": None}, ["/space"]),
        ({"space": []}, ["/space"]),
        ({"space": {"learning_rate": 1}}, ["/space/learning_rate"]),
        ({"space": {"learning_rate": {}}}, ["/space/learning_rate/kind"]),
        ({"space": {"learning_rate": rate(kind="real")}}, ["/space/learning_rate/kind"]),
        ({"space": {"learning_rate": rate(low=None)}}, ["/space/learning_rate/low"]),
        ({"space": {"learning_rate": rate(low="1e-4")}}, ["/space/learning_rate/low"]),
        ({"space": {"learning_rate": rate(low=2.0)}}, ["/space/learning_rate/low"]),
        ({"space": {"learning_rate": rate(scale="lgo")}}, ["/space/learning_rate/scale"]),
        ({"space": {"learning_rate": rate(stepp=1)}}, ["/space/learning_rate/stepp"]),
        ({"space": {"learning_rate": rate(step=0.0)}}, ["/space/learning_rate/step"]),
        ({"space": {"learnig_rate": rate()}}, ["/space/learnig_rate"]),
        ({"space": {"beta1": rate(low=0.5, high=0.9, scale="linear", when={"q": [1]})}}, ["/space/beta1/when/q"]),
        ({"space": {"l2": rate(when={"any": [{"epochs": 3}, {}], "not": []})}},
         ["/space/l2/when/any/0/epochs", "/space/l2/when/any/1", "/space/l2/when/not"]),
        ({"space": {"l2": rate(when={"all": [{"epochs": {"<": "3"}}]})}}, ["/space/l2/when/all/0/epochs/<"]),
        ({"space": {"l2": rate(when={"not": {"any": [{"epoks": [3]}]}})}}, ["/space/l2/when/not/any/0/epoks"]),
        ({"space": {"l2": rate(when={"epochs": {"=<": 3}})}}, ["/space/l2/when/epochs"]),
        ({"space": {"l2": rate(when={"epochs": {"<": 2}})}}, ["/space/l2/when/epochs/<"]),
        ({"space": {"batch_size": {"kind": "int", "low": 1, "high": 2**63}}}, ["/space/batch_size/high"]),
        ({"space": {"optimizer": {"kind": "choice", "values": []}}}, ["/space/optimizer/values"]),
        ({"space": {"optimizer": {"kind": "choice", "values": ["adamm"]}}}, ["/space/optimizer/values/0"]),
        ({"space": {"optimizer": ADAM | {"weights": [1]}}}, ["/space/optimizer/weights"]),
        ({"space": {"optimizer": ADAM | {"weights": [1, -1]}}}, ["/space/optimizer/weights/1"]),
        ({"fixed": []}, ["/fixed"]),
        ({"fixed": {"epochs": 0}}, ["/fixed/epochs"]),
        ({"fixed": {"epochs": 2**70}}, ["/fixed/epochs"]),
        ({"fixed": {"epoks": 3}}, ["/fixed/epoks"]),
        ({"fixed": {"learning_rate": 0.1}}, ["/fixed/learning_rate"]),
        ({"fixed": {"epsilon": 1e-46, "l2": 1e-50}}, ["/fixed/epsilon", "/fixed/l2"]),
        (
            {"space": {"beta2": {"kind": "float", "low": 0.9, "high": 0.999999999, "scale": "reverse_log"}}},
            ["/space/beta2/high"],
        ),
        ({"objective": {"metric": "dev_rmse"}}, ["/objective/metric"]),
        ({"objective": {"metric": "accuracy"}}, ["/objective/metric"]),
        ({"objective": {"direction": "maximize"}}, ["/objective/direction"]),
        ({"objective": {"direction": "maximize", "metric": 1}}, ["/objective/metric"]),
        ({"objective": {"diverged": "keep"}}, ["/objective/diverged"]),
        ({"objective": {"diverged": None, "metric": "accuracy"}}, ["/objective/diverged", "/objective/metric"]),
        ({"objective": "dev_error"}, ["/objective"]),
        ({"sampler": {"kind": "gird"}}, ["/sampler/kind"]),
        ({"sampler": {}}, ["/sampler/kind"]),
        ({"sampler": {"kind": "random", "warmup": 3}}, ["/sampler/warmup"]),
        ({"scheduler": {"kind": "halving"}}, ["/scheduler/kind"]),
        ({"early_stopping": {}}, ["/early_stopping/patience"]),
        ({"early_stopping": {"patience": 0}}, ["/early_stopping/patience"]),
        ({"early_stopping": {"patience": 1, "min_delta": -1}}, ["/early_stopping/min_delta"]),
        ({"budget": None}, ["/budget"]),
        ({"budget": {}}, ["/budget/trials"]),
        ({"budget": {"trials": 0}}, ["/budget/trials"]),
        ({"budget": {"trials": 1_000_001}}, ["/budget/trials"]),
        ({"budget": {"trials": 1, "seconds": 0}}, ["/budget/seconds"]),
        ({"keep_models": 0}, ["/keep_models"]),
    ],
)  # fmt: skip  # one line for each rule
def test_a_broken_rule_is_refused_at_its_place(
    shared: httpx.Client, changes: dict[str, Any], pointers: list[str]
) -> None:
    body = sweep_body() | changes
    body = {name: value for name, value in body.items() if value is not None}
    assert places(shared.post("/v1/sweeps", json=body)) == pointers


def test_structural_and_other_faults_are_reported_together_and_hide_none(shared: httpx.Client) -> None:
    body = {
        "dataset": "nope",
        "seed": "x",
        "space": {
            "learning_rate": rate(low=1.0, high=0.5, scale="lgo", extra=1),
            "optimizer": 7,
            "beta1": rate(low=0.5, high=1.0, scale="reverse_log", when={"optimizer": ["adam"], "batch": [1]}),
        },
        "fixed": {"epochs": -1, "epsilon": 2**70},
        "sampler": {"kind": "gird"},
        "early_stopping": {"patience": "x"},
        "unknown": 1,
    }
    found = places(shared.post("/v1/sweeps", json=body))
    assert sorted(set(found)) == sorted(
        [
            "/unknown",
            "/seed",
            "/early_stopping/patience",
            "/budget",
            "/dataset",
            "/space/learning_rate/extra",
            "/space/learning_rate/scale",
            "/space/learning_rate/low",
            "/space/optimizer",
            "/space/beta1/high",
            "/space/beta1/when/batch",
            "/fixed/epochs",
            "/fixed/epsilon",
            "/sampler/kind",
        ]
    )


def test_a_parameter_with_a_condition_may_also_have_its_default(client: httpx.Client) -> None:
    space = {
        "optimizer": {"kind": "choice", "values": ["adam", "sgd"]},
        "batch_norm": {"kind": "choice", "values": [True], "when": {"optimizer": ["sgd"]}},
        "batch_size": {"kind": "choice", "values": [1, 16]},
    }
    start(client, space=space)
    always = {**space, "batch_norm": {"kind": "choice", "values": [True]}}
    assert places(client.post("/v1/sweeps", json=sweep_body(space=always))) == ["/space/batch_size/values/0"]


def test_the_size_of_a_network_is_counted_with_the_batch_norm_that_it_may_have(shared: httpx.Client) -> None:
    fixed = {"hidden_units": [16_384, 2_984], "epochs": 0}
    body = sweep_body(dataset="digits", fixed=fixed)
    assert places(shared.post("/v1/sweeps", json=body)) == ["/fixed/epochs"]
    space = {**body["space"], "batch_norm": {"kind": "choice", "values": [False, True]}}
    found = problem(shared.post("/v1/sweeps", json={**body, "space": space}), 422)["errors"]
    assert [error["pointer"] for error in found] == ["/fixed/epochs", "/fixed/hidden_units"]
    assert "[16384, 2984] has 50,007,018 weights on this data set; at most 50,000,000" in found[1]["detail"]


def test_a_fault_says_what_came_and_what_to_do(shared: httpx.Client) -> None:
    answer = shared.post("/v1/sweeps", json=sweep_body(dataset="iriss", budgett={"trials": 1}))
    details = {error["pointer"]: error["detail"] for error in problem(answer, 422)["errors"]}
    assert details["/dataset"] == 'There is no data set "iriss". Did you mean "iris"?'
    assert details["/budgett"] == 'There is no field "budgett" here. Did you mean "budget"?'


def test_names_of_other_tools_are_known(shared: httpx.Client) -> None:
    body = sweep_body(space={"lr": rate(), "dropout": {"kind": "choice", "values": [0.5]}}, fixed={"max_iter": 3})
    details = {
        error["pointer"]: error["detail"] for error in problem(shared.post("/v1/sweeps", json=body), 422)["errors"]
    }
    assert details["/space/lr"] == 'There is no hyperparameter "lr". Did you mean "learning_rate"?'
    assert details["/space/dropout"].endswith("It is the share of hidden units that stays: 1 - dropout.")
    assert details["/fixed/max_iter"] == 'There is no hyperparameter "max_iter". Did you mean "epochs"?'


def test_whole_numbers_may_have_a_point_and_one_layer_no_brackets(client: httpx.Client, trainer: Trainer) -> None:
    space = {
        "batch_size": {"kind": "int", "low": 16.0, "high": 32.0, "step": 16.0},
        "learning_rate": rate(when={"hidden_units": [4]}),
        "l2": {"kind": "choice", "values": [0.5], "when": {"epochs": [3]}},
    }
    fixed = {"epochs": 3.0, "hidden_units": 4}
    sweep = start(client, seed=7.0, space=space, fixed=fixed, budget={"trials": 2.0}, early_stopping={"patience": 5.0})
    assert (sweep["space"], sweep["fixed"]) == (space, fixed)
    for run in trainer.claim(2):
        assert run["params"]["hidden_units"] == [4]
        assert json.dumps(run["params"]["epochs"]) == "3"
        assert run["params"]["batch_size"] in {16, 32}
    (first, _) = client.get(f"/v1/sweeps/{sweep['id']}/trials").json()["items"]
    assert first["params"].keys() == {"batch_size", "learning_rate", "l2"}


def test_one_width_and_a_list_of_it_are_the_same_choice(client: httpx.Client, trainer: Trainer) -> None:
    twice = {"hidden_units": {"kind": "choice", "values": [[8], 8.0]}}
    assert places(client.post("/v1/sweeps", json=sweep_body(space=twice, fixed={}))) == ["/space/hidden_units/values/1"]
    start(client, space={"hidden_units": {"kind": "choice", "values": [8, [8, 4]]}}, fixed={}, budget={"trials": 20})
    runs = trainer.claim(20)
    assert {tuple(run["params"]["hidden_units"]) for run in runs} == {(8,), (8, 4)}
    assert len({run["cohort"] for run in runs}) == 2


def test_an_empty_space_repeats_a_fixed_point(client: httpx.Client, trainer: Trainer) -> None:
    start(client, space={}, budget={"trials": 2})
    first, second = trainer.claim(2)
    assert first["params"] == second["params"]
    assert first["trial"] != second["trial"]


def test_sweeps_are_listed_newest_first(client: httpx.Client) -> None:
    ids = [start(client, name=f"sweep {number}")["id"] for number in range(3)]
    first = client.get("/v1/sweeps", params={"limit": 2}).json()
    second = client.get("/v1/sweeps", params={"limit": 2, "cursor": first["next"]}).json()
    found = [sweep["id"] for sweep in first["items"] + second["items"]]
    assert sorted(found) == sorted(ids)
    assert found == sorted(ids, reverse=True)
    assert second["next"] is None


@pytest.mark.parametrize("end", ["finish", "cancel", "budget"])
def test_a_client_that_waits_for_a_sweep_is_answered_when_it_ends(
    client: httpx.Client, trainer: Trainer, end: str
) -> None:
    sweep = start(client, budget={"trials": 9 if end == "budget" else 1})["id"]
    (lease,) = trainer.leases()
    found: list[Any] = []
    waiting = Thread(target=lambda: found.append(client.get(f"/v1/sweeps/{sweep}", params={"wait": 20}).json()))
    waiting.start()
    if end == "budget":
        client.patch(f"/v1/sweeps/{sweep}", json={"budget": {"target": 0.5}})
    if end in {"finish", "budget"}:
        trainer.finish(finished(lease, 0.5))
    if end == "cancel":
        client.post(f"/v1/sweeps/{sweep}/cancel")
    waiting.join(timeout=10)

    assert [one["state"] for one in found] == ["cancelled" if end == "cancel" else "completed"]


def test_a_client_waits_for_a_sweep_no_longer_than_it_said(client: httpx.Client) -> None:
    sweep = start(client)["id"]
    before = time.monotonic()
    assert client.get(f"/v1/sweeps/{sweep}", params={"wait": 0.3}).json()["state"] == "running"
    assert 0.3 <= time.monotonic() - before < 5


def test_a_stopping_server_lets_nobody_wait_for_a_sweep(client: httpx.Client, services: Services) -> None:
    sweep = start(client)["id"]
    services.publisher.close()
    before = time.monotonic()
    assert client.get(f"/v1/sweeps/{sweep}", params={"wait": 20}).json()["state"] == "running"
    assert time.monotonic() - before < 5


@pytest.mark.parametrize("wait", ["-1", "nan", "soon"])
def test_a_time_to_wait_is_a_number_from_0_on(client: httpx.Client, wait: str) -> None:
    sweep = start(client)["id"]
    assert "wait" in problem(client.get(f"/v1/sweeps/{sweep}", params={"wait": wait}), 422)["errors"][0]["pointer"]


def test_cancelling_ends_all_trials_and_twice_is_harmless(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client)["id"]
    (lease,) = trainer.leases()
    for _ in range(2):
        cancelled = client.post(f"/v1/sweeps/{sweep}/cancel").json()
        assert (cancelled["state"], cancelled["reason"]) == ("cancelled", "cancelled on request")
        assert cancelled["counts"]["cancelled"] == 4
    (decision,) = trainer.report(lease, 1)
    assert decision["decision"] == "stop"
    assert decision["reason"] == "the sweep is cancelled: cancelled on request"
    assert trainer.finish(finished(lease, 0.5))["items"][0]["outcome"] == "stale"


def test_a_completed_sweep_cannot_be_cancelled(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client)["id"]
    trainer.train_everything()
    when_ended(client, sweep)
    problem(client.post(f"/v1/sweeps/{sweep}/cancel"), 409)


def test_the_best_trial_is_shown_once_there_is_one(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client)["id"]
    assert "No trial" in problem(client.get(f"/v1/sweeps/{sweep}/best"), 404)["detail"]
    trainer.train_everything([0.5, 0.25, 0.25, 0.75])
    best = client.get(f"/v1/sweeps/{sweep}/best").json()
    assert (best["number"], best["value"]) == (1, 0.25)
    shown = client.get(f"/v1/sweeps/{sweep}").json()["best"]
    assert shown == {"trial": 1, "value": 0.25, "params": best["params"], "state": "completed", "note": None}


def test_a_sweep_ends_by_itself_when_all_trials_have(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client)["id"]
    trainer.train_everything()
    ended = when_ended(client, sweep)
    assert (ended["state"], ended["counts"]["completed"]) == ("completed", 4)
    assert ended["created_at"] <= ended["started_at"] <= ended["finished_at"]


def test_a_sweep_says_whether_it_is_the_same_with_any_workers(client: httpx.Client) -> None:
    assert start(client, fixed={"epochs": 9})["reproducible"] is True
    assert start(client, fixed={"epochs": 9}, scheduler={"kind": "asha"})["reproducible"] is False
    learned = start(client, fixed={"epochs": 9}, sampler={"kind": "gp"}, scheduler={"kind": "thaw"})
    assert learned["reproducible"] is True
