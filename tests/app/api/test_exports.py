"""Routes of exports: the file has what the lists tell."""

import csv
import io
import json

import httpx
import pandas as pd
import pytest

from app.services import exports
from tests.app.api.serving import Json, Trainer, problem, start, when_ended

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
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages be so small that every export has several."""
    monkeypatch.setattr(exports, "PAGE", 5)
    monkeypatch.setattr(exports, "EPOCHS", 7)


def listed(client: httpx.Client, sweep: str, **query: str) -> list[Json]:
    found: list[Json] = client.get(f"/v1/sweeps/{sweep}/trials", params={"limit": 100, **query}).json()["items"]
    return found


@pytest.mark.usefixtures("small_pages")
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


@pytest.mark.usefixtures("small_pages")
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
