"""Tests of sweeps that confirm their best trials, over HTTP."""

import httpx
import pytest

from app.services.services import Services
from tests.app.api.serving import Trainer, finished, places, start, sweep_body, when_ended
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
    assert ended["reason"].endswith("to confirm them: 2 of the best")
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
