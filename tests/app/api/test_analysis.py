"""Tests of the routes of analysis, with made-up numbers and with trials that were really trained."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from tests.app.api.serving import Json, Trainer, curve_point, finished, places, problem, start, when_ended
from tests.app.api.training import train_all

EPOCHS = 12


def get(client: httpx.Client, path: str, **query: Any) -> Json:
    answer = client.get(f"/v1/sweeps/{path}", params=query)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def curve(losses: Sequence[float | None], norms: Sequence[float | None] | None = None) -> list[Json]:
    return [
        curve_point(epoch) | {"metrics": {"train_loss": loss}, "gradient_norms": norms}
        for epoch, loss in enumerate(losses, 1)
    ]


def ended(lease: Json, train: float, dev: float, points: list[Json], **changes: Any) -> Json:
    metrics = {"dev_error": dev, "train_error": train}
    return finished(lease, dev, metrics=metrics, curve=points, epochs=len(points), **changes)


FALLING = curve([1.0 / epoch for epoch in range(1, EPOCHS + 1)], [0.5, 0.25])
FLAT = curve([1.1] * EPOCHS, [1e-9, 0.25])
LOST = curve([1.1, None], [None, None])


@pytest.fixture
def sweep(client: httpx.Client, trainer: Trainer) -> str:
    """A completed sweep on iris: trial 0 is the best, 1 stood still, 2 diverged, 3 is like the first but worse."""
    name: str = start(client, fixed={"epochs": EPOCHS, "l2": 0.1})["id"]
    leases = trainer.leases(4)
    trainer.finish(
        ended(leases[0], 0.0, 0.125, FALLING),
        ended(leases[1], 0.5, 0.5, FLAT),
        finished(leases[2], None, metrics={}, state="diverged", curve=LOST, epochs=2, best_epoch=None),
        ended(leases[3], 0.125, 0.25, FALLING),
    )
    return name


def test_a_trial_that_learned_is_judged_by_its_errors_alone(client: httpx.Client, sweep: str) -> None:
    found = get(client, f"{sweep}/trials/0/diagnosis")
    assert found["training"] == []
    judged = found["bias_variance"]
    recipe = judged.pop("recipe")
    assert judged.pop("detail").startswith("The dev error is 0.125, the train error 0, and 0 was hoped for")
    assert judged == {
        "verdict": "high_variance",
        "avoidable_bias": 0.0,
        "variance": 0.125,
        "train": 0.0,
        "dev": 0.125,
        "hoped": 0.0,
        "metric": "error",
    }
    assert [one["action"] for one in recipe] == ["more_data", "more_regularization", "other_architecture"]
    assert recipe[1]["why"].startswith("Raise l2 or lower keep_prob")


def test_the_error_hoped_for_moves_the_verdict(client: httpx.Client, sweep: str) -> None:
    judged = get(client, f"{sweep}/trials/0/diagnosis", hoped_error=0.12)["bias_variance"]
    assert (judged["verdict"], judged["hoped"], judged["recipe"]) == ("neither", 0.12, [])
    both = get(client, f"{sweep}/trials/3/diagnosis")["bias_variance"]
    assert both["verdict"] == "both"
    assert both["recipe"][0] == {
        "action": "train_longer",
        "why": f"Its training loss still fell in epoch {EPOCHS}, the last one: allow more epochs.",
    }


def test_a_penalty_counts_for_each_example_of_a_mini_batch_which_has_no_more_than_there_are(
    client: httpx.Client, trainer: Trainer
) -> None:
    for size, strong in ((105, True), (1_000, True), ("full", True), (16, False)):
        sweep = start(client, fixed={"batch_size": size, "l2": 1.5 if strong else 0.1}, budget={"trials": 1})["id"]
        (lease,) = trainer.leases()
        trainer.finish(ended(lease, 0.5, 0.5, FALLING))
        recipe = get(client, f"{sweep}/trials/0/diagnosis")["bias_variance"]["recipe"]
        assert (recipe[0]["action"] == "less_regularization") is strong


def test_troubles_in_training_are_named(client: httpx.Client, sweep: str) -> None:
    vanishing, plateau = get(client, f"{sweep}/trials/1/diagnosis")["training"]
    assert (vanishing["kind"], vanishing["epoch"], vanishing["layer"]) == ("vanishing_gradients", EPOCHS, 1)
    assert (plateau["kind"], plateau["layer"]) == ("plateau", None)
    lost = get(client, f"{sweep}/trials/2/diagnosis")
    assert lost["bias_variance"] is None
    assert [(one["kind"], one["epoch"], one["layer"]) for one in lost["training"]] == [
        ("divergence", 2, None),
        ("exploding_gradients", 1, 1),
    ]


def test_a_running_trial_is_diagnosed_by_what_it_reported(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client)["id"]
    (lease,) = trainer.leases()
    assert get(client, f"{sweep}/trials/0/diagnosis") == {"bias_variance": None, "training": []}
    trainer.report(lease, 1, 2)
    assert [one["kind"] for one in get(client, f"{sweep}/trials/0/diagnosis")["training"]] == ["exploding_gradients"]


def test_a_trial_diverges_by_its_dev_loss_too_and_a_loss_that_nobody_sends_is_no_divergence(
    client: httpx.Client, trainer: Trainer
) -> None:
    sweep = start(client, fixed={"epochs": 8})["id"]
    by_dev, silent = trainer.leases(2)
    points = curve([1.0, 0.5])
    trainer.finish(
        finished(by_dev, None, metrics={}, state="diverged", curve=points, epochs=2, best_epoch=None),
        finished(silent, 0.5, curve=curve([None] * 8), epochs=8),
    )
    (diverged,) = get(client, f"{sweep}/trials/0/diagnosis")["training"]
    assert (diverged["kind"], diverged["epoch"]) == ("divergence", 2)
    found = get(client, f"{sweep}/trials/1/diagnosis")
    assert found["training"] == []
    assert found["bias_variance"]["verdict"] == "both"


def test_a_sweep_sums_up_its_finished_trials(client: httpx.Client, sweep: str) -> None:
    found = get(client, f"{sweep}/analysis")
    best = found["bias_variance"]
    assert best.pop("counts") == {"high_bias": 1, "high_variance": 1, "both": 1, "neither": 0}
    assert best == get(client, f"{sweep}/trials/0/diagnosis")["bias_variance"]
    assert found["training"] == {
        "counts": {"divergence": 1, "exploding_gradients": 1, "vanishing_gradients": 1, "plateau": 1},
        "trials": {"divergence": [2], "exploding_gradients": [2], "vanishing_gradients": [1], "plateau": [1]},
    }
    assert found["next"][0].startswith("Trial 0 is the best, and shows high variance.")
    assert (
        "1 of 4 finished trials show divergence: lower learning_rate, or the upper end of its range." in found["next"]
    )


def test_of_a_long_sweep_the_last_thousand_trials_and_the_best_one_are_read(
    client: httpx.Client, trainer: Trainer
) -> None:
    sweep = start(client, budget={"trials": 1_100})["id"]
    done = 0
    while done < 1_100:
        runs = trainer.claim(256, wait=20)
        trainer.finish(
            *(ended(run["lease"], 0.5, 0.0 if run["trial"] == 3 else 0.5, curve([1.0]), best_epoch=1) for run in runs)
        )
        done += len(runs)
    found = get(client, f"{sweep}/analysis")
    assert sum(found["bias_variance"]["counts"].values()) == 1_001
    assert found["next"][0].startswith("Trial 3 is the best")


def test_a_sweep_without_results_says_so(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client)["id"]
    trainer.leases()
    found = get(client, f"{sweep}/analysis")
    assert found["bias_variance"] is None
    assert set(found["training"]["counts"].values()) == {0}
    assert found["next"] == ["No trial has a result yet: ask again when one has finished."]


def test_a_long_curve_is_judged_by_its_end_and_its_beginning(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, fixed={"epochs": 400})["id"]
    up, healed = trainer.leases(2)
    trainer.finish(
        ended(up, 0.5, 0.5, curve([1.0, *[9.0] * 300])),
        ended(healed, 0.0, 0.0, curve([1.0, *[50.0] * 30, *[0.1] * 300])),
    )
    counts = get(client, f"{sweep}/analysis")["training"]["counts"]
    assert (counts["divergence"], sum(counts.values())) == (1, 1)


def test_numbers_are_judged_against_the_deviation_of_the_target(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, dataset="diabetes")["id"]
    deviation = client.get("/v1/datasets/diabetes").json()["card"]["target_deviation"]
    near, far = trainer.leases(2)
    for lease, dev in ((near, 60.0 + 0.05 * deviation), (far, 60.0 + 0.15 * deviation)):
        trainer.finish(finished(lease, None, metrics={"train_rmse": 60.0, "dev_rmse": dev}))
    verdicts = [
        get(client, f"{sweep}/trials/{number}/diagnosis", hoped_error=60.0)["bias_variance"]["verdict"]
        for number in (0, 1)
    ]
    assert verdicts == ["neither", "high_variance"]


@pytest.mark.parametrize("path", ["analysis", "trials/0/diagnosis"])
@pytest.mark.parametrize("value", ["-0.1", "nan", "inf", "1e999", "low", "5", ""])
def test_an_error_that_nobody_can_hope_for_is_refused(client: httpx.Client, sweep: str, path: str, value: str) -> None:
    refused = client.get(f"/v1/sweeps/{sweep}/{path}", params={"hoped_error": value})
    assert places(refused) == ["/hoped_error"]


def test_percent_are_recognised(client: httpx.Client, sweep: str) -> None:
    refused = client.get(f"/v1/sweeps/{sweep}/analysis", params={"hoped_error": 5})
    assert "Write 0.05 for 5 percent" in problem(refused, 422)["detail"]


@pytest.mark.parametrize("path", ["swp_1/analysis", "swp_1/trials/0/diagnosis"])
def test_a_sweep_that_does_not_exist_is_not_found(shared: httpx.Client, path: str) -> None:
    problem(shared.get(f"/v1/sweeps/{path}"), 404)


@pytest.mark.parametrize("number", ["12", "-1", str(2**63)])
def test_a_trial_that_does_not_exist_is_not_found(client: httpx.Client, sweep: str, number: str) -> None:
    problem(client.get(f"/v1/sweeps/{sweep}/trials/{number}/diagnosis"), 404)


LATE = {"learning_rate": 2.0, "warmup_epochs": 20.0, "optimizer": "sgd", "hidden_units": [8], "epochs": 40}


@pytest.mark.parametrize(("diverged", "ranked"), [("exclude", False), ("best_epoch", True)])
def test_a_trial_that_diverged_late_shows_its_best_epoch_and_is_ranked_by_it_if_asked(
    client: httpx.Client, trainer: Trainer, diverged: str, ranked: bool
) -> None:
    objective = {"diverged": diverged}
    body = {"dataset": "diabetes", "space": {}, "fixed": LATE, "objective": objective, "budget": {"trials": 1}}
    sweep = start(client, **body)["id"]
    train_all(client, trainer)
    trial = get(client, f"{sweep}/trials/0")
    curve = get(client, f"{sweep}/trials/0/curve")["items"]
    errors = [point["dev_rmse"] for point in curve[:-1]]

    assert (trial["state"], trial["epochs"]) == ("diverged", len(curve))
    assert trial["metrics"]["dev_rmse"] == min(errors) == errors[trial["best_epoch"] - 1]
    assert {"train_rmse", "test_rmse"} <= trial["metrics"].keys()
    assert trial["value"] == (min(errors) if ranked else None)
    assert client.get(f"/v1/sweeps/{sweep}/trials/0/model").status_code == (200 if ranked else 404)
    assert client.get(f"/v1/sweeps/{sweep}/best").status_code == (200 if ranked else 404)
    assert (get(client, f"{sweep}/analysis")["bias_variance"] is not None) is ranked


def test_where_all_trials_diverged_the_best_one_says_so_and_what_to_do(client: httpx.Client, trainer: Trainer) -> None:
    fixed = LATE | {"warmup_epochs": 0, "learning_rate": 1e9}
    sweep = start(client, dataset="diabetes", space={}, fixed=fixed, budget={"trials": 2})["id"]
    train_all(client, trainer)
    when_ended(client, sweep)
    detail = problem(client.get(f"/v1/sweeps/{sweep}/best"), 404)["detail"]

    assert "completed with 2 diverged trials and none to rank. Lower the learning rates, or" in detail
    trial = get(client, f"{sweep}/trials/0")
    assert (trial["metrics"], trial["best_epoch"], trial["epochs"]) == ({}, None, 1)


def test_trials_that_were_really_trained_have_the_diagnoses_they_deserve(
    client: httpx.Client, trainer: Trainer
) -> None:
    rates = {"kind": "choice", "values": [1e-7, 0.01, 1000.0]}
    fixed = {"epochs": 20, "hidden_units": [32, 32], "optimizer": "sgd", "batch_size": 16}
    sweep = start(client, space={"learning_rate": rates}, fixed=fixed, budget={"trials": 12})["id"]
    train_all(client, trainer)
    trials = client.get(f"/v1/sweeps/{sweep}/trials").json()["items"]
    rate_of = {trial["number"]: trial["params"]["learning_rate"] for trial in trials}
    assert set(rate_of.values()) == {1e-7, 0.01, 1000.0}
    found = get(client, f"{sweep}/analysis")
    assert {rate_of[number] for number in found["training"]["trials"]["plateau"]} == {1e-7}
    assert {rate_of[number] for number in found["training"]["trials"]["divergence"]} == {1000.0}
    assert found["training"]["trials"]["vanishing_gradients"] == []
    best = get(client, f"{sweep}/best")
    assert best["params"]["learning_rate"] == 0.01
    assert found["bias_variance"]["dev"] == best["metrics"]["dev_error"]


def test_the_leader_board_ranks_finished_trials_by_the_mean_of_their_trainings(
    client: httpx.Client, trainer: Trainer
) -> None:
    sweep = start(client, replicates=2, budget={"trials": 3})["id"]
    assert get(client, f"{sweep}/leaderboard")["note"].startswith("No trial has a result yet")
    runs = trainer.claim(64)
    values = {(0, 0): 0.5, (0, 1): 0.25, (1, 0): 0.125, (1, 1): 0.25, (2, 0): 0.25, (2, 1): 0.25}
    trainer.finish(*(finished(run["lease"], values[run["trial"], run["replicate"]]) for run in runs))
    board = get(client, f"{sweep}/leaderboard")
    assert (board["metric"], board["direction"], board["note"]) == ("dev_error", "minimize", None)
    shown = [(one["rank"], one["trial"], one["value"], one["count"], one["test"]) for one in board["items"]]
    assert shown == [(1, 1, 0.1875, 2, 0.5), (2, 2, 0.25, 2, 0.5), (3, 0, 0.375, 2, 0.5)]
    chances = [one["probability_best"] for one in board["items"]]
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) == pytest.approx(1.0)
    assert get(client, f"{sweep}/leaderboard", limit=1)["items"] == board["items"][:1]


def test_a_sweep_that_asked_a_small_dev_part_often_is_warned_with_the_test_figure(
    client: httpx.Client, trainer: Trainer
) -> None:
    sweep = start(client, budget={"trials": 40})["id"]
    for run in trainer.claim(64):
        dev, test = 0.25 + run["trial"] % 8 / 64, 0.25 + run["trial"] % 5 / 40
        metrics = {"dev_error": dev, "train_error": 0.0, "test_error": test}
        trainer.finish(finished(run["lease"], dev, metrics=metrics))
    found = get(client, f"{sweep}/analysis")
    assert (found["flattery"]["best_trial"], found["flattery"]["trials"]) == (0, 40)
    assert (found["flattery"]["best_dev"], found["flattery"]["best_test"]) == (0.25, 0.25)
    assert found["next"][-1] == found["flattery"]["warning"]
    assert "asked by 40 trials" in found["next"][-1]


def test_cross_validation_asks_the_rows_of_train_too_so_that_its_noise_is_less(
    client: httpx.Client, trainer: Trainer
) -> None:
    noises = []
    for folds in (1, 2):
        sweep = start(client, budget={"trials": 40}, folds=folds)["id"]
        while runs := trainer.claim(64):
            for run in runs:
                dev, test = 0.25 + run["trial"] % 8 / 64, 0.25 + run["trial"] % 5 / 40
                metrics = {"dev_error": dev, "train_error": 0.0, "test_error": test}
                trainer.finish(finished(run["lease"], dev, metrics=metrics))
        noises.append(get(client, f"{sweep}/analysis")["flattery"]["noise"])
    rows = client.get("/v1/datasets/iris").json()["rows"]
    dev, both, test = rows["dev"], rows["train"] + rows["dev"], rows["test"]
    assert noises[1] / noises[0] == pytest.approx(((dev + test) / (both + test)) ** 0.5)
