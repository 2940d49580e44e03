"""Tests of metrics over HTTP: the list of them, and sweeps whose objective is better when higher."""

from typing import Any

import httpx
import pytest

from tests.app.api.serving import Json, Trainer, curve_point, finished, places, start, sweep_body, when_ended


def test_all_metrics_are_listed_with_their_directions_and_tasks(client: httpx.Client) -> None:
    metrics = {one["name"]: one for one in client.get("/v1/metrics").json()["items"]}
    auc = metrics["dev_auc"]
    assert (auc["part"], auc["direction"], auc["tasks"]) == ("dev", "maximize", ["binary", "multiclass"])
    assert auc["objective_of"] == auc["tasks"]
    assert metrics["test_rmse"]["objective_of"] == metrics["train_rmse"]["objective_of"] == []
    assert set(metrics["train_loss"]["objective_of"]) == {"binary", "multiclass", "regression"}
    assert all(one["meaning"] for one in metrics.values())


def scored(lease: Json, value: float | None, **changes: Any) -> Json:
    metrics = {"dev_accuracy": value, "dev_error": 0.5, "test_auc": None}
    curve = [curve_point(1) | {"metrics": {"dev_accuracy": value, "dev_loss": None}}]
    return finished(lease, None, metrics=metrics, epochs=1, best_epoch=1, curve=curve, **changes)


@pytest.fixture
def sweep(client: httpx.Client, trainer: Trainer) -> str:
    """A completed sweep of four trials whose accuracies are 0.5, 0.75, none and 0.75."""
    started = start(client, objective={"metric": "dev_accuracy"}, budget={"trials": 4}, keep_models=1)
    assert started["objective"] == {"metric": "dev_accuracy", "direction": "maximize", "diverged": "exclude"}
    values = [0.5, 0.75, None, 0.75]
    for run, value in zip(trainer.claim(4), values, strict=True):
        assert (run["metric"], run["direction"]) == ("dev_accuracy", "maximize")
        trainer.finish(scored(run["lease"], value))
    when_ended(client, started["id"])
    return str(started["id"])


def test_the_best_trial_has_the_highest_value(client: httpx.Client, sweep: str) -> None:
    best = client.get(f"/v1/sweeps/{sweep}").json()["best"]
    assert (best["trial"], best["value"]) == (1, 0.75)
    assert client.get(f"/v1/sweeps/{sweep}/best").json()["number"] == 1


def test_a_metric_without_a_value_is_null(client: httpx.Client, sweep: str) -> None:
    trial = client.get(f"/v1/sweeps/{sweep}/trials/2").json()
    assert trial["metrics"] == {"dev_accuracy": None, "dev_error": 0.5, "test_auc": None}
    (point,) = client.get(f"/v1/sweeps/{sweep}/trials/0/curve").json()["items"]
    assert point == {
        "epoch": 1,
        "dev_accuracy": 0.5,
        "dev_loss": None,
        "seconds": 0.25,
        "gradient_norms": [0.5, None],
    }


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"sort": "-dev_accuracy"}, [1, 3, 0, 2]),
        ({"sort": "dev_accuracy"}, [0, 1, 3, 2]),
        ({"where": "dev_accuracy>0.6"}, [1, 3]),
        ({"where": "test_auc=null"}, [0, 1, 2, 3]),
        ({"where": "dev_f1!=null"}, []),
        ({"sort": "-value"}, [1, 3, 0, 2]),
    ],
)
def test_trials_are_sorted_and_filtered_by_any_metric(
    client: httpx.Client, sweep: str, query: dict[str, str], numbers: list[int]
) -> None:
    found = client.get(f"/v1/sweeps/{sweep}/trials", params=query).json()["items"]
    assert [trial["number"] for trial in found] == numbers


def test_a_metric_that_is_not_known_is_refused_with_a_guess(client: httpx.Client, sweep: str) -> None:
    answer = client.get(f"/v1/sweeps/{sweep}/trials", params={"sort": "dev_acuracy"})
    assert places(answer) == ["/sort"]
    assert "dev_accuracy" in answer.text


def test_workers_name_known_metrics(client: httpx.Client, trainer: Trainer) -> None:
    start(client)
    (lease,) = trainer.leases()
    body = finished(lease, 0.5, metrics={"dev_eror": 0.5}, curve=[curve_point(1) | {"metrics": {"loss": 0.5}}])
    answer = client.post("/v1/work/finish", json={"worker": "someone", "items": [body]})
    assert places(answer) == ["/items/0/metrics/dev_eror", "/items/0/curve/0/metrics/loss"]
    assert "dev_error" in answer.text


def test_a_sweep_ends_at_a_target_that_is_reached_from_below(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, objective={"metric": "dev_accuracy"}, budget={"trials": 9, "target": 0.7})["id"]
    first, second = trainer.leases(2)
    trainer.finish(scored(first, 0.5))
    assert client.get(f"/v1/sweeps/{sweep}").json()["state"] == "running"
    trainer.finish(scored(second, 0.75))
    reason = when_ended(client, sweep)["reason"]
    assert reason == "the target was reached: a dev_accuracy of 0.75, where 0.7 was asked for"


@pytest.mark.parametrize(
    ("objective", "pointer"),
    [
        ({"metric": "dev_auc", "direction": "minimize"}, "/objective/direction"),
        ({"metric": "test_error"}, "/objective/metric"),
        ({"metric": "train_accuracy"}, "/objective/metric"),
        ({"metric": "dev_r2"}, "/objective/metric"),
    ],
)
def test_what_no_sweep_can_aim_for_is_refused(client: httpx.Client, objective: Json, pointer: str) -> None:
    assert places(client.post("/v1/sweeps", json=sweep_body(objective=objective))) == [pointer]


ROWS = "".join(f"{number},{number % 7 / 8},{'yes' if number < 6 else 'no'}\n" for number in range(40))


def test_an_objective_that_has_no_value_on_the_dev_part_is_refused_with_the_reason(client: httpx.Client) -> None:
    form = {"name": "few", "target": "b", "order": "day", "split": "0.6,0.2,0.2"}
    posted = client.post("/v1/datasets", data=form, files={"file": ("few.csv", f"day,a,b\n{ROWS}")})
    assert posted.status_code == 201, posted.text
    body = sweep_body(dataset="few", objective={"metric": "dev_auc"})
    answer = client.post("/v1/sweeps", json=body)
    assert places(answer) == ["/objective/metric"]
    assert "no row of class" in answer.text
    assert client.post("/v1/sweeps", json=body | {"objective": {"metric": "dev_accuracy"}}).status_code == 201
