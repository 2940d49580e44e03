"""Routes of exports: the file has what the lists tell."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pandas as pd
import pytest

from app.services.exports import Exports, Pages
from app.services.services import Services
from tests.app.api.serving import Json, Trainer, problem, serving, start, when_ended
from tests.app.api.test_answered import trained

SPACE = {
    "learning_rate": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"},
    "batch_size": {"kind": "int", "low": 8, "high": 64},
    "hidden_units": {"kind": "choice", "values": [[4], [4, 2]]},
}


@pytest.fixture
def sweep(client: httpx.Client, trainer: Trainer) -> str:
    """A completed sweep of 12 trials whose errors are 0.5, 0.25 and none in turns."""
    name: str = start(client, space=SPACE, fixed={"epochs": 3}, budget={"trials": 12}, replicates=2)["id"]
    trainer.train_everything([0.5, 0.25, None], slots=5)
    when_ended(client, name)
    return name


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[httpx.Client, Services]]:
    """A server whose pages are so small that every export has several."""

    def compose(found: Services) -> Services:
        return replace(found, exports=Exports(found.storage, found.models, Pages(trials=5, epochs=7, answers=7)))

    with serving(tmp_path, compose=compose) as both:
        yield both


def listed(client: httpx.Client, sweep: str, **query: str) -> list[Json]:
    found: list[Json] = client.get(f"/v1/sweeps/{sweep}/trials", params={"limit": 100, **query}).json()["items"]
    return found


def test_every_format_has_every_trial_in_its_order(client: httpx.Client, sweep: str) -> None:
    path, wanted = f"/v1/sweeps/{sweep}/export", listed(client, sweep)
    lines = [json.loads(line) for line in client.get(path, params={"format": "jsonl"}).text.splitlines()]
    table = list(csv.DictReader(io.StringIO(client.get(path).text)))
    frame = pd.read_parquet(io.BytesIO(client.get(path, params={"format": "parquet"}).content))
    assert len(lines) == len(table) == len(frame) == len(wanted) == 12
    for line, row, (_, told), trial in zip(lines, table, frame.iterrows(), wanted, strict=True):
        assert line["number"] == int(row["number"]) == told["number"] == trial["number"]
        assert line["value"] == trial["value"]
        assert line["param.learning_rate"] == trial["params"]["learning_rate"] == float(row["param.learning_rate"])
        assert told["param.batch_size"] == trial["params"]["batch_size"]
        assert json.loads(told["param.hidden_units"]) == line["param.hidden_units"] == trial["params"]["hidden_units"]
        assert {name: line[name] for name in trial["metrics"]} == trial["metrics"]


def test_curves_have_every_epoch_of_every_training(client: httpx.Client, sweep: str) -> None:
    text = client.get(f"/v1/sweeps/{sweep}/export", params={"of": "curves"}).text
    table = list(csv.DictReader(io.StringIO(text)))
    for trial in listed(client, sweep):
        for replicate in range(2):
            path = f"/v1/sweeps/{sweep}/trials/{trial['number']}/curve"
            curve = client.get(path, params={"replicate": replicate}).json()["items"]
            place = (str(trial["number"]), str(replicate))
            mine = [row for row in table if (row["trial"], row["replicate"]) == place]
            assert [float(row["train_loss"]) for row in mine] == [one["train_loss"] for one in curve]
    places = [(int(row["trial"]), int(row["replicate"]), int(row["epoch"])) for row in table]
    assert places == sorted(places)


def test_only_trials_that_fit_are_exported(client: httpx.Client, sweep: str) -> None:
    where = "param.batch_size<32"
    text = client.get(f"/v1/sweeps/{sweep}/export", params={"where": where}).text
    wanted = [str(one["number"]) for one in listed(client, sweep, where=where)]
    assert [row["number"] for row in csv.DictReader(io.StringIO(text))] == wanted
    assert 0 < len(wanted) < 12


def test_the_file_has_a_name_and_a_type(client: httpx.Client, sweep: str) -> None:
    answer = client.get(f"/v1/sweeps/{sweep}/export", params={"format": "jsonl", "of": "curves"})
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{sweep}-curves.jsonl"'
    assert answer.headers["Content-Type"] == "application/x-ndjson"


def test_what_cannot_be_exported_is_refused_before_the_first_byte(client: httpx.Client, sweep: str) -> None:
    assert client.get("/v1/sweeps/swp_none/export").status_code == 404
    curves = client.get(f"/v1/sweeps/{sweep}/export", params={"of": "curves", "where": "value<1"})
    assert "as a whole" in problem(curves, 422)["errors"][0]["detail"]
    unknown = client.get(f"/v1/sweeps/{sweep}/export", params={"where": "sped<1"})
    assert "sped" in problem(unknown, 422)["errors"][0]["detail"]


@pytest.mark.parametrize("part", ["dev", "test"])
def test_predictions_have_each_row_of_a_part_with_its_target_and_have_the_error_of_the_trial(
    client: httpx.Client, part: str
) -> None:
    route = trained(client, "iris")
    path, query = f"{route}/export", {"of": "predictions", "trial": "2", "part": part}
    table = list(csv.DictReader(io.StringIO(client.get(path, params=query).text)))
    lines = [json.loads(line) for line in client.get(path, params={**query, "format": "jsonl"}).text.splitlines()]
    frame = pd.read_parquet(io.BytesIO(client.get(path, params={**query, "format": "parquet"}).content))
    assert frame.to_dict("records") == lines
    assert [{name: str(value) for name, value in line.items()} for line in lines] == table
    assert [line["row"] for line in lines] == list(range(len(lines)))
    trial = client.get(f"{route}/trials/2").json()
    wrong = sum(line["target"] != line["prediction"] for line in lines)
    assert wrong / len(lines) == pytest.approx(trial["metrics"][f"{part}_error"])
    shares = [{name: line[f"probability_{name}"] for name in ("setosa", "versicolor", "virginica")} for line in lines]
    assert [max(one, key=one.__getitem__) for one in shares] == [line["prediction"] for line in lines]
    assert [sum(one.values()) for one in shares] == pytest.approx([1.0] * len(lines))


def test_predictions_of_numbers_are_in_the_unit_of_the_target_and_of_the_best_trial_unless_said(
    client: httpx.Client,
) -> None:
    route = trained(client, "diabetes", objective={"metric": "dev_rmse"})
    answer = client.get(f"{route}/export", params={"of": "predictions", "format": "jsonl"})
    best = client.get(f"{route}/best").json()
    name = f"{best['number']}-dev-predictions.jsonl"
    assert answer.headers["Content-Disposition"].endswith(f'{name}"')
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert set(lines[0]) == {"row", "target", "prediction"}
    rmse = (sum((line["prediction"] - line["target"]) ** 2 for line in lines) / len(lines)) ** 0.5
    assert rmse == pytest.approx(best["metrics"]["dev_rmse"])


def test_predictions_of_two_classes_have_the_probability_of_both(client: httpx.Client) -> None:
    route = trained(client, "breast_cancer")
    answer = client.get(f"{route}/export", params={"of": "predictions", "trial": "0", "format": "jsonl"})
    for line in map(json.loads, answer.text.splitlines()):
        assert line["probability_benign"] + line["probability_malignant"] == pytest.approx(1.0)
        assert (line["probability_benign"] > 0.5) == (line["prediction"] == "benign")


def test_what_belongs_to_another_table_is_refused_and_so_is_a_trial_without_a_model(
    client: httpx.Client, sweep: str
) -> None:
    path = f"/v1/sweeps/{sweep}/export"
    both = problem(client.get(path, params={"trial": 1, "part": "dev"}), 422)["errors"]
    assert [one["pointer"] for one in both] == ["/trial", "/part"]
    assert "add of=predictions" in both[0]["detail"]
    whole = problem(client.get(path, params={"of": "predictions", "where": "value<1"}), 422)["errors"]
    assert whole[0]["detail"] == "Predictions are exported as a whole. Leave where out, or export trials."
    assert client.get(path, params={"of": "predictions", "part": "train"}).status_code == 422
    assert (
        "weights of trial 0 are not stored"
        in problem(client.get(path, params={"of": "predictions", "trial": 0}), 404)["detail"]
    )
