"""A data folder of the last version without rules is upgraded amid its sweeps, and goes on as if it were not."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.contract.rules import CURRENT_RULES
from app.planning import StandardPolicy
from app.planning.drawing import draw
from app.storage import SqliteStorage
from tests.system.processes import ServerProcess, finish, post_sweep, running
from tests.system.tables import queue_length
from tests.system.upgrade.archives import Archives
from tests.system.upgrade.posted import SWEEPS, upload

OLDER = Archives(Path(__file__).parent / "upgrade")
Json = dict[str, Any]


class Upgraded:
    """The folder after this version has finished its sweeps, and what was seen on the way."""

    def __init__(self, data: Path) -> None:
        self.data = data
        server = ServerProcess(data, workers=1, lease_seconds=3.0)
        with running(server):
            client = server.client
            self.sweeps = {name: finish(client, sweep) for name, sweep in OLDER.after["ids"].items()}
            self.uploads = [upload(client) for _ in range(2)]
            self.builtin: Json = client.get("/v1/datasets/digits").json()
            self.predictions = {name: OLDER.predicted(client, name) for name in OLDER.after["predictions"]}
            new = post_sweep(client, {**SWEEPS["uploaded"], "budget": {"trials": 2}})
            self.new = finish(client, new)
            number = self.new["best"]["trial"]
            self.new_card = client.get(f"/v1/sweeps/{new}/trials/{number}/model", params={"format": "json"}).json()


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Upgraded:
    """The folder, upgraded and finished once for all tests."""
    return Upgraded(OLDER.unpack(tmp_path_factory.mktemp("upgraded") / "data"))


@pytest.mark.parametrize("name", list(SWEEPS))
def test_every_sweep_ends_as_the_older_version_would_have_ended_it(upgraded: Upgraded, name: str) -> None:
    assert (upgraded.sweeps[name]["state"], upgraded.sweeps[name]["rules"]) == ("completed", 1)
    OLDER.require_same_end(upgraded.data, name)


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
    storage = SqliteStorage(OLDER.unpack(tmp_path), StandardPolicy())
    try:
        spec, dataset = storage.sweep_spec(OLDER.after["ids"][name])
        assert dataset is not None
    finally:
        storage.close()
    drawn = draw(spec, dataset.sha256, 0, spec.budget.trials, ())
    assert [(one.number, one.params) for one in drawn] == [
        (row[0], json.loads(row[2])) for row in OLDER.after["ends"][name]["trials"]
    ]


@pytest.mark.parametrize("name", list(OLDER.after["predictions"]))
def test_kept_models_and_old_model_files_predict_as_before(upgraded: Upgraded, name: str) -> None:
    OLDER.require_same_predictions(name, upgraded.predictions[name])


def test_a_new_sweep_follows_the_rules_of_today(upgraded: Upgraded) -> None:
    assert (upgraded.new["state"], upgraded.new["rules"]) == ("completed", CURRENT_RULES)
    assert upgraded.new_card["rules"] == CURRENT_RULES
