"""Tests of what an analysis says of the space, and of the sweep that refines another."""

from math import log10
from typing import Any

import httpx
import pytest

from app.services.analysis import Analysis
from app.services.services import Services
from tests.app.api.serving import Json, Trainer, finished, places, problem, start, when_ended
from tests.app.api.training import train_all

SPACE = {
    "learning_rate": {"kind": "float", "low": 1e-4, "high": 1e-1, "scale": "log"},
    "optimizer": {"kind": "choice", "values": ["adam", "momentum"]},
    "beta1": {
        "kind": "float",
        "low": 0.5,
        "high": 0.99,
        "scale": "reverse_log",
        "when": {"optimizer": ["momentum"]},
    },
    "l2": {"kind": "float", "low": 1e-6, "high": 1e-2, "scale": "log"},
}


def train(trainer: Trainer, best: float = 1.0) -> None:
    """Finish all trials: the nearer the learning rate to the best one, the better."""
    while runs := trainer.claim(64):
        for run in runs:
            rate = float(run["params"]["learning_rate"])
            error = min(0.1 + 0.15 * abs(log10(rate / best)), 0.9)
            trainer.finish(finished(run["lease"], error, metrics={"dev_error": error, "train_error": error / 2}))


def coarse(client: httpx.Client, trainer: Trainer, count: int = 60, **changes: Any) -> str:
    name: str = start(client, space=SPACE, budget={"trials": count}, **changes)["id"]
    train(trainer)
    return name


def analysis(client: httpx.Client, sweep: str) -> Json:
    answer = client.get(f"/v1/sweeps/{sweep}/analysis")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def test_an_analysis_tells_what_matters_and_how_to_go_on(client: httpx.Client, trainer: Trainer) -> None:
    sweep = coarse(client, trainer)
    found = analysis(client, sweep)
    assert found["trials"] == 60
    assert found["lack"] is None
    assert found["importance"][0]["parameter"] == "learning_rate"
    assert (
        {one["parameter"] for one in found["importance"]}
        == SPACE.keys()
        == {one["parameter"] for one in found["effects"]}
    )
    (edge,) = found["edges"]
    assert (edge["parameter"], edge["side"], edge["widen_to"]) == ("learning_rate", "high", 1.0)
    assert found["divergence"] is None
    assert found["waste"]["all"]["trials"] == 60
    assert found["expected_gain"]["gain"] >= 0.0
    following = found["next_space"]
    rate = following["space"]["learning_rate"]
    assert (rate["high"], rate["scale"]) == (1.0, "log")
    assert rate["low"] > 1e-3
    assert following["space"]["beta1"]["when"] == {"optimizer": ["momentum"]}
    assert following["space"]["optimizer"]["values"] == ["adam", "momentum"]
    assert client.post("/v1/sweeps", json=following).status_code == 201


def test_an_analysis_is_made_anew_once_another_trial_has_finished(client: httpx.Client, trainer: Trainer) -> None:
    sweep = coarse(client, trainer, 20)
    first = analysis(client, sweep)
    assert analysis(client, sweep) == first
    client.patch(f"/v1/sweeps/{sweep}", json={"budget": {"trials": 21}}).raise_for_status()
    train(trainer)
    assert analysis(client, sweep)["trials"] == 21


def test_a_refined_sweep_has_the_next_space_and_this_one_as_its_history(client: httpx.Client, trainer: Trainer) -> None:
    sweep = coarse(client, trainer)
    answer = client.post(f"/v1/sweeps/{sweep}/refine")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    following = analysis(client, sweep)["next_space"]
    assert made["space"]["learning_rate"]["high"] == following["space"]["learning_rate"]["high"] == 1.0
    assert made["name"].endswith(", refined")
    assert made["sampler"]["kind"] == "gp"
    assert made["budget"]["trials"] == 60
    (earlier,) = made["history"]
    assert earlier["sweep"] == sweep
    assert earlier["trials"] > 0
    assert made["counts"]["queued"] > 0


def test_what_is_said_of_a_refined_sweep_holds(client: httpx.Client, trainer: Trainer) -> None:
    sweep = coarse(client, trainer, 20)
    said = {"name": "fine", "budget": {"trials": 7}, "sampler": {"kind": "tpe"}}
    made = client.post(f"/v1/sweeps/{sweep}/refine", json=said).json()
    assert (made["name"], made["budget"]["trials"], made["sampler"]["kind"]) == ("fine", 7, "tpe")


def test_a_scheduler_that_goes_with_no_sampler_that_learns_is_replaced(client: httpx.Client, trainer: Trainer) -> None:
    halved = {"scheduler": {"kind": "asha"}, "fixed": {"epochs": 9, "hidden_units": [4]}}
    sweep = start(client, space=SPACE, budget={"trials": 24}, **halved)["id"]
    while client.get(f"/v1/sweeps/{sweep}", params={"wait": 0.1}).json()["state"] == "running":
        train_all(client, trainer)
    made = client.post(f"/v1/sweeps/{sweep}/refine")
    assert made.status_code == 201, made.text
    assert made.json()["scheduler"]["kind"] == "successive_halving"


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({"sampler": {"kind": "random"}}, "/history"),
        ({"budget": {"trials": 0}}, "/budget/trials"),
        ({"space": {}}, "/space"),
        ([], ""),
    ],
)
def test_what_cannot_be_refined_so_is_refused(client: httpx.Client, trainer: Trainer, said: Any, place: str) -> None:
    sweep = coarse(client, trainer, 20)
    assert places(client.post(f"/v1/sweeps/{sweep}/refine", json=said)) == [place]


def test_too_few_trials_and_no_space_are_told_with_what_to_do(client: httpx.Client, trainer: Trainer) -> None:
    few = coarse(client, trainer, 19)
    detail = problem(client.post(f"/v1/sweeps/{few}/refine"), 409)["detail"]
    assert "19 finished trials have a value in the space as it is, and it takes 20" in detail
    found = analysis(client, few)
    assert (found["importance"], found["next_space"]) == ([], None)
    empty = start(client, space={})["id"]
    assert "Nothing is searched" in problem(client.post(f"/v1/sweeps/{empty}/refine"), 409)["detail"]
    problem(client.post("/v1/sweeps/swp_1/refine"), 404)


def test_a_foreign_trainer_is_refused(client: httpx.Client) -> None:
    body = {
        "trainer": "external",
        "metrics": {"score": "maximize"},
        "space": {"x": {"kind": "float", "low": 0, "high": 1}},
        "budget": {"trials": 1},
    }
    sweep = client.post("/v1/sweeps", json=body).json()["id"]
    assert "is trained by external" in problem(client.post(f"/v1/sweeps/{sweep}/refine"), 409)["detail"]


def test_a_region_where_training_diverges_is_told_and_left(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, space=SPACE, budget={"trials": 60})["id"]
    for run in trainer.claim(64):
        rate = float(run["params"]["learning_rate"])
        if rate > 0.01:
            trainer.finish(finished(run["lease"], None, metrics={}, state="diverged", best_epoch=None))
        else:
            error = 0.1 + 0.1 * abs(log10(rate / 3e-3))
            trainer.finish(finished(run["lease"], error, metrics={"dev_error": error, "train_error": 0.1}))
    found = analysis(client, sweep)
    (bound,) = found["divergence"]["bounds"]
    assert bound["parameter"] == "learning_rate"
    assert bound["low"] == pytest.approx(0.011, rel=0.3)
    assert found["waste"]["diverged"]["trials"] == found["divergence"]["all_diverged"]
    assert found["next_space"]["space"]["learning_rate"]["high"] < 0.05


def test_the_gain_of_more_trials_is_told_of_all_of_them_though_not_all_are_read(
    client: httpx.Client, trainer: Trainer, services: Services
) -> None:
    hasty = Analysis(services.storage, services.trials, most_trials=25)
    found = hasty.sweep(coarse(client, trainer), 0.0)
    assert found.trials in (25, 26)  # the best one is read besides
    assert found.expected_gain is not None
    assert (found.expected_gain.trials, found.expected_gain.more) == (60, 60)


def test_the_gain_counts_trials_that_diverged_and_were_not_read_and_no_copies(
    client: httpx.Client, trainer: Trainer, services: Services
) -> None:
    space = {"learning_rate": SPACE["learning_rate"], "batch_size": {"kind": "choice", "values": [8, 16]}}
    space["learning_rate"] = {"kind": "choice", "values": [10.0 ** (-place / 16) for place in range(16, 48)]}
    sweep = start(client, space=space, duplicates="reuse", budget={"trials": 90})["id"]
    while runs := trainer.claim(64):
        for run in runs:
            rate = float(run["params"]["learning_rate"])
            if rate > 0.03:
                trainer.finish(finished(run["lease"], None, metrics={}, state="diverged", best_epoch=None))
            else:
                trainer.finish(finished(run["lease"], rate, metrics={"dev_error": rate, "train_error": 0.1}))
    when_ended(client, sweep)
    whole = services.analysis.sweep(sweep, 0.0).expected_gain
    trials = client.get(f"/v1/sweeps/{sweep}/trials", params={"limit": 100}).json()["items"]
    own = [one for one in trials if one["same_as"] is None]
    assert whole is not None
    assert whole.trials == len(own) < 90
    assert {one["state"] for one in own} == {"completed", "diverged"}
    found = Analysis(services.storage, services.trials, most_trials=50).sweep(sweep, 0.0)
    assert found.trials in (50, 51)
    assert found.expected_gain == whole
