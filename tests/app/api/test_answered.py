"""Tests of the routes that show what models answer on a part of their data set."""

import httpx
import pytest

from tests.app.api.serving import Json, Trainer, problem, start, when_ended
from tests.app.api.training import train_all

FIXED = {"epochs": 4, "hidden_units": [4]}


def trained(client: httpx.Client, dataset: str, **changes: object) -> str:
    """Train a sweep of four trials to its end; return its address."""
    body = {"dataset": dataset, "budget": {"trials": 4}, "fixed": FIXED, **changes}
    sweep = start(client, **body)["id"]
    train_all(client, Trainer(client))
    when_ended(client, sweep)
    return f"/v1/sweeps/{sweep}"


def answers(client: httpx.Client, route: str, part: str) -> Json:
    answer = client.get(f"{route}/answers", params={"part": part})
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


@pytest.mark.parametrize("part", ["dev", "test"])
def test_the_answers_of_a_classifier_have_the_error_and_the_auc_of_its_trial(client: httpx.Client, part: str) -> None:
    route = trained(client, "iris")
    for of, metrics in (
        ("/trials/2", client.get(f"{route}/trials/2").json()["metrics"]),
        ("/ensemble", client.get(f"{route}/ensemble").json()["metrics"]),
    ):
        found = answers(client, route + of, part)
        counts = found["classes"]["confusion"]["counts"]
        rows = sum(map(sum, counts))
        assert (found["part"], found["rows"], found["numbers"]) == (part, rows, None)
        right = sum(counts[place][place] for place in range(3))
        assert 1 - right / rows == pytest.approx(metrics[f"{part}_error"])
        areas = [curve["area"] for curve in found["classes"]["roc"]]
        assert sum(areas) / 3 == pytest.approx(metrics[f"{part}_auc"])


def test_an_ensemble_that_was_never_asked_for_is_chosen_for_its_answers(client: httpx.Client) -> None:
    route = trained(client, "iris")
    first = answers(client, f"{route}/ensemble", "dev")
    assert client.get(f"{route}/ensemble").is_success
    assert answers(client, f"{route}/ensemble", "dev") == first


def test_the_answers_of_a_regression_have_the_error_of_its_trial(client: httpx.Client) -> None:
    route = f"{trained(client, 'diabetes', objective={'metric': 'dev_rmse'})}/trials/0"
    found = answers(client, route, "test")
    pairs = list(zip(found["numbers"]["actual"], found["numbers"]["predicted"], strict=True))
    assert len(pairs) == found["rows"]
    rmse = (sum((predicted - actual) ** 2 for actual, predicted in pairs) / len(pairs)) ** 0.5
    assert rmse == pytest.approx(client.get(route).json()["metrics"]["test_rmse"])


def test_the_first_fold_is_the_dev_part_of_a_sweep_with_folds(client: httpx.Client) -> None:
    route = trained(client, "iris", folds=3)
    assert answers(client, f"{route}/trials/0", "dev")["rows"] == pytest.approx(128 / 3, abs=2)


def test_without_a_model_or_without_rows_a_sentence_says_so(client: httpx.Client) -> None:
    route = trained(client, "iris", keep_models=1, pool=1)
    best = client.get(f"{route}/best").json()["number"]
    other = 0 if best else 1
    assert [one["trial"] for one in client.get(f"{route}/models").json()["items"]] == [best]
    missing = problem(client.get(f"{route}/trials/{other}/answers"), 404)
    assert "only those of the best 1 finished trials are kept" in missing["detail"]
    rows = "".join(f"{number},{number % 2}\n" for number in range(60))
    form = {"name": "halves", "target": "y", "split": "0.8,0.2,0"}
    client.post("/v1/datasets", data=form, files={"file": ("t.csv", f"x,y\n{rows}")}).raise_for_status()
    route = trained(client, "halves")
    for of in ("/trials/0", "/ensemble"):
        detail = problem(client.get(f"{route}{of}/answers", params={"part": "test"}), 409)["detail"]
        assert detail == "The data set halves has no rows in its test part. Ask for part=dev."
    assert client.get(f"{route}/trials/0/answers", params={"part": "train"}).status_code == 422


def test_a_model_that_trained_on_dev_is_shown_on_test_alone(client: httpx.Client) -> None:
    route = trained(client, "iris")
    retrained = client.post(f"{route}/retrain").raise_for_status().json()
    train_all(client, Trainer(client))
    when_ended(client, retrained["id"])
    model = f"/v1/sweeps/{retrained['id']}/trials/0"
    assert "has trained on dev as well" in problem(client.get(f"{model}/answers"), 409)["detail"]
    found = answers(client, model, "test")
    right = sum(found["classes"]["confusion"]["counts"][place][place] for place in range(3))
    error = client.get(model).json()["metrics"]["test_error"]
    assert 1 - right / found["rows"] == pytest.approx(error)
