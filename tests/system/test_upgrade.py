"""A data folder of the last version without rules is upgraded amid its sweeps, and goes on as if it were not."""

import base64
import json
import sqlite3
import zipfile
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from app.services.drawing import draw
from app.storage import FILE, Storage
from app.training.models import predict_csv
from app.training.rules import CURRENT_RULES
from tests.system.processes import ServerProcess, finish, post_sweep, running
from tests.system.tables import queue_length, result_tables
from tests.system.upgrade.make import SWEEPS, upload

HERE = Path(__file__).parent / "upgrade"
Json = dict[str, Any]


@cache
def after() -> Json:
    """Return what the older version made of the folder: the ids of its sweeps, their ends, models and predictions."""
    with zipfile.ZipFile(HERE / "after.zip") as archive:
        made: Json = json.loads(archive.read("after.json"))
    return made


def as_it_was(folder: Path) -> Path:
    """Return a data folder as the older version left it."""
    with zipfile.ZipFile(HERE / "before.zip") as archive:
        archive.extractall(folder)
    return folder


class Upgraded:
    """The folder after this version has finished its sweeps, and what was seen on the way."""

    def __init__(self, data: Path) -> None:
        self.data = data
        server = ServerProcess(data, workers=1, lease_seconds=3.0)
        with running(server):
            client = server.client
            self.sweeps = {name: finish(client, sweep) for name, sweep in after()["ids"].items()}
            self.uploads = [upload(client) for _ in range(2)]
            self.builtin: Json = client.get("/v1/datasets/digits").json()
            self.predictions = {name: predicted(client, name) for name in after()["predictions"]}
            new = post_sweep(client, {**SWEEPS["uploaded"], "budget": {"trials": 2}})
            self.new = finish(client, new)
            number = self.new["best"]["trial"]
            self.new_card = client.get(f"/v1/sweeps/{new}/trials/{number}/model", params={"format": "json"}).json()


def predicted(client: httpx.Client, name: str) -> list[Json]:
    """Return what the best model of a sweep says of the rows that the older version predicted."""
    sweep, asked = after()["ids"][name], after()["predictions"][name]
    answer = client.post(f"/v1/sweeps/{sweep}/trials/{asked['trial']}/predict", json={"rows": asked["rows"]})
    items: list[Json] = answer.raise_for_status().json()["items"]
    return items


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Upgraded:
    """The folder, upgraded and finished once for all tests."""
    return Upgraded(as_it_was(tmp_path_factory.mktemp("upgraded") / "data"))


@pytest.mark.parametrize("name", list(SWEEPS))
def test_every_sweep_ends_as_the_older_version_would_have_ended_it(upgraded: Upgraded, name: str) -> None:
    assert (upgraded.sweeps[name]["state"], upgraded.sweeps[name]["rules"]) == ("completed", 1)
    wanted, found = after()["ends"][name], result_tables(upgraded.data, after()["ids"][name])
    weights = [[base64.b64decode(row[-1]) for row in wanted["models"]], [row[-1] for row in found["models"]]]
    if made_with(upgraded.data, after()["ids"][name]) == [wanted["made_with"]]:
        assert [list(row) for row in found["trials"]] == wanted["trials"]
        assert [list(row) for row in found["epochs"]] == wanted["epochs"]
        assert weights[0] == weights[1]
        return
    # Another processor or library may differ in the last bits, by which an example may change sides.
    assert [row[:3] for row in map(list, found["trials"])] == [row[:3] for row in wanted["trials"]]
    assert_allclose(numbers(found["trials"], slice(3, 12)), numbers(wanted["trials"], slice(3, 12)), 1e-3, 0.04)
    assert_allclose(numbers(found["epochs"], slice(0, 4)), numbers(wanted["epochs"], slice(0, 4)), 1e-3, 1e-4)
    for one, other in zip(*weights, strict=True):
        assert_allclose(np.frombuffer(one, "<f4"), np.frombuffer(other, "<f4"), 1e-3, 1e-3)


def made_with(data: Path, sweep: str) -> list[Json]:
    """Return what the weights of a sweep were made with, without repetition."""
    with closing(sqlite3.connect(data / FILE)) as connection:
        rows = connection.execute("SELECT DISTINCT made_with FROM models WHERE sweep_id = ?", [sweep])
        return [json.loads(text) for (text,) in rows]


def numbers(rows: Any, columns: slice) -> NDArray[np.float64]:
    return np.array([list(row)[columns] for row in rows], np.float64)


def test_nothing_stays_in_the_queue(upgraded: Upgraded) -> None:
    assert queue_length(upgraded.data) == 0


def test_the_built_in_sweep_ended_on_the_content_that_it_began_with_though_there_is_a_newer_one(
    upgraded: Upgraded,
) -> None:
    assert upgraded.sweeps["built in"]["dataset_sha256"] != upgraded.builtin["sha256"]


def test_the_same_upload_is_found_again(upgraded: Upgraded) -> None:
    assert [answer.status_code for answer in upgraded.uploads] == [200, 200]
    assert [answer.json()["sha256"] for answer in upgraded.uploads] == [
        upgraded.sweeps["uploaded"]["dataset_sha256"]
    ] * 2


@pytest.mark.parametrize("name", list(SWEEPS))
def test_trials_to_come_of_an_old_sweep_are_drawn_as_they_were(tmp_path: Path, name: str) -> None:
    storage = Storage(as_it_was(tmp_path))
    try:
        spec, dataset = storage.sweep_spec(after()["ids"][name])
    finally:
        storage.close()
    drawn = draw(spec, dataset.sha256, 0, spec.budget.trials, ())
    assert [(one.number, one.params) for one in drawn] == [
        (row[0], json.loads(row[2])) for row in after()["ends"][name]["trials"]
    ]


@pytest.mark.parametrize("name", list(after()["predictions"]))
def test_kept_models_and_old_model_files_predict_as_before(upgraded: Upgraded, name: str) -> None:
    old = after()["predictions"][name]
    for item, wanted in zip(upgraded.predictions[name], old["items"], strict=True):
        assert item == {**wanted, "probabilities": pytest.approx(wanted["probabilities"], rel=1e-3, abs=1e-5)}
    for content in old["files"].values():
        text, _ = predict_csv(base64.b64decode(content), old["csv"].encode())
        found, wanted = split(text), split(old["predicted"])
        assert found[0] == wanted[0]
        assert found[1] == pytest.approx(wanted[1], rel=1e-5, abs=1e-7)


def split(text: str) -> tuple[list[str], list[float]]:
    """Return the names in predictions written as CSV, and the probabilities."""
    cells = ",".join(text.split()).split(",")
    are_numbers = [cell[0].isdigit() for cell in cells]
    words = [cell for cell, is_number in zip(cells, are_numbers, strict=True) if not is_number]
    return words, [float(cell) for cell, is_number in zip(cells, are_numbers, strict=True) if is_number]


def test_a_new_sweep_follows_the_rules_of_today(upgraded: Upgraded) -> None:
    assert (upgraded.new["state"], upgraded.new["rules"]) == ("completed", CURRENT_RULES)
    assert upgraded.new_card["rules"] == CURRENT_RULES
