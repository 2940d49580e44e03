"""Tests of sweeps that confirm their best trials, over HTTP."""

import httpx
import pytest

from app.services.services import Services
from tests.app.api.serving import Trainer, finished, places, problem, start, sweep_body, when_ended
from tests.app.api.training import train_all

CONFIRM = {"share": 0.25, "leaders": 2, "replicates": 2}


def test_the_best_trials_train_again_and_the_best_mean_wins(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, confirm=CONFIRM)["id"]
    values = [0.5, 0.125, 0.25, 0.75]
    trainer.finish(*(finished(run["lease"], values[run["trial"]]) for run in trainer.claim(64)))
    again = trainer.claim(64, wait=5)
    assert sorted((run["trial"], run["replicate"]) for run in again) == [(1, 1), (1, 2), (2, 1), (2, 2)]
    trainer.finish(*(finished(run["lease"], 0.625 if run["trial"] == 1 else 0.375) for run in again))
    ended = when_ended(client, sweep)
    assert ended["confirm"] == CONFIRM
    assert (ended["best"]["trial"], ended["best"]["value"]) == (2, pytest.approx(1.0 / 3.0))
    assert ended["reason"].endswith("then 2 of the best train with 2 more seeds each, to confirm them")
    assert ended["used"]["trials"] == 4
    board = client.get(f"/v1/sweeps/{sweep}/leaderboard").json()["items"]
    assert [(one["trial"], one["count"], one["confirmed"]) for one in board] == [
        (2, 3, True), (1, 3, True), (0, 1, False), (3, 1, False),
    ]  # fmt: skip


def test_really_trained_leaders_get_other_seeds_and_keep_their_models(
    client: httpx.Client, trainer: Trainer, services: Services
) -> None:
    sweep = start(client, confirm={"leaders": 1, "replicates": 1}, budget={"trials": 2})["id"]
    train_all(client, trainer)
    services.planner.wait_idle()
    train_all(client, trainer)
    ended = when_ended(client, sweep)
    best = ended["best"]["trial"]
    curves = [client.get(f"/v1/sweeps/{sweep}/trials/{best}/curve", params={"replicate": one}).json() for one in (0, 1)]
    losses = [[point["train_loss"] for point in curve["items"]] for curve in curves]
    assert len(losses[0]) == len(losses[1]) == 3
    assert losses[0] != losses[1]
    assert client.get(f"/v1/sweeps/{sweep}/trials/{best}/model").status_code == 200


def test_more_leaders_than_models_are_kept_are_refused(client: httpx.Client) -> None:
    answer = client.post("/v1/sweeps", json=sweep_body(confirm={"leaders": 3}, keep_models=2))
    assert places(answer) == ["/confirm/leaders"]
    assert places(client.post("/v1/sweeps", json=sweep_body(confirm={"share": 1.0}))) == ["/confirm/share"]


def test_a_seed_with_a_fold_that_failed_is_neither_in_the_mean_nor_in_the_count_of_the_board(
    client: httpx.Client, trainer: Trainer
) -> None:
    sweep = start(client, confirm={"leaders": 1, "replicates": 2}, folds=2, budget={"trials": 1})["id"]
    trainer.finish(*(finished(run["lease"], 0.25 + run["replicate"] / 2) for run in trainer.claim(64)))
    again = sorted(trainer.claim(64, wait=5), key=lambda run: int(run["replicate"]))
    values = [0.0, None, 0.25, 0.5]
    for run, value in zip(again, values, strict=True):
        failed = {"state": "failed", "reason": "no memory"} if value is None else {}
        trainer.finish(finished(run["lease"], value, **failed))
    (one,) = (when_ended(client, sweep), client.get(f"/v1/sweeps/{sweep}/leaderboard").json()["items"])[1]
    assert (one["confirmed"], one["count"], one["value"]) == (True, 4, 0.4375)


def test_a_new_space_while_leaders_are_confirmed_needs_more_budget_and_is_said_to_come_after(
    client: httpx.Client, trainer: Trainer, services: Services
) -> None:
    sweep = start(client, confirm=CONFIRM)["id"]
    trainer.finish(*(finished(lease, 0.5) for lease in trainer.leases(64)))
    again = trainer.leases(64, wait=5)
    space = {"learning_rate": {"kind": "float", "low": 1e-3, "high": 1e-2, "scale": "log"}}
    refused = problem(client.patch(f"/v1/sweeps/{sweep}", json={"space": space}), 409)
    assert "its best trials are confirmed: nothing would be drawn from another space" in refused["detail"]
    client.patch(f"/v1/sweeps/{sweep}", json={"space": space, "budget": {"trials": 6}}).raise_for_status()
    told = [one["reason"] for one in client.get(f"/v1/sweeps/{sweep}/decisions").json()["items"]]
    assert "the search goes on from it once the best trials are confirmed" in told[-1]
    trainer.finish(*(finished(lease, 0.5) for lease in again))
    services.planner.wait_idle()
    new = trainer.claim(64, wait=5)
    assert [run["trial"] for run in new] == [4, 5]
    assert all(1e-3 <= run["params"]["learning_rate"] <= 1e-2 for run in new)
    assert client.get(f"/v1/sweeps/{sweep}/trials/4").json()["space_version"] == 2


def test_a_harder_target_while_leaders_are_confirmed_lets_the_search_go_on(
    client: httpx.Client, trainer: Trainer
) -> None:
    sweep = start(client, confirm=CONFIRM, budget={"trials": 40, "target": 0.5})["id"]
    runs = trainer.claim(64)
    trainer.finish(*(finished(run["lease"], 0.25) for run in runs))
    again = trainer.leases(64, wait=5)
    assert len(again) == 4
    client.patch(f"/v1/sweeps/{sweep}", json={"budget": {"target": 0.01, "trials": 44}}).raise_for_status()
    trainer.finish(*(finished(lease, 0.25) for lease in again))
    assert sorted(run["trial"] for run in trainer.claim(64, wait=5)) == [40, 41, 42, 43]


def test_an_epoch_budget_that_reaches_for_no_trial_is_refused_at_the_post_and_in_a_change(client: httpx.Client) -> None:
    confirm = {"share": 0.25, "leaders": 1, "replicates": 1}
    answer = client.post("/v1/sweeps", json=sweep_body(confirm=confirm, budget={"trials": 4, "epochs": 3}))
    (fault,) = problem(answer, 422)["errors"]
    assert fault["pointer"] == "/budget/epochs"
    assert fault["detail"] == (
        "One trial takes up to 3 epochs, but the search has 2 of the budget's 3, as confirm keeps a share of 0.25. "
        "Give it 4 or more."
    )
    sweep = start(client, budget={"trials": 4, "epochs": 100}, folds=2)["id"]
    assert places(client.patch(f"/v1/sweeps/{sweep}", json={"budget": {"epochs": 5}})) == ["/budget/epochs"]
    client.patch(f"/v1/sweeps/{sweep}", json={"budget": {"epochs": None}}).raise_for_status()
