"""A data folder of the last version with segments is upgraded: it reads as before, and goes on to the same bits."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.system.processes import ServerProcess, finish, running
from tests.system.tables import fences, queue_length, suspects
from tests.system.upgrade.archives import Archives, Json

OLDER = Archives(Path(__file__).parent / "upgrade" / "segments")
BEFORE: Json = OLDER.after["before"]
SWEEPS: Mapping[str, str] = OLDER.after["ids"]
FINAL = ("completed", "pruned", "diverged", "failed", "cancelled")


class Upgraded:
    """The folder as this version reads it, before any worker came and after one has finished all sweeps."""

    def __init__(self, data: Path) -> None:
        self.data = data
        server = ServerProcess(data)
        with running(server):
            client = server.client
            self.read = {name: read(client, name) for name in SWEEPS}
            self.mine: Json = get(client, "/v1/datasets/mine")
            self.deleted = client.get("/v1/datasets/deleted").status_code
        self.suspects = {name: suspects(data, sweep) for name, sweep in SWEEPS.items()}
        self.fences = {name: fences(data, sweep) for name, sweep in SWEEPS.items()}
        server = ServerProcess(data, workers=1, lease_seconds=3.0)
        with running(server):
            client = server.client
            self.sweeps = {name: finish(client, sweep) for name, sweep in SWEEPS.items()}
            self.predictions = {name: OLDER.predicted(client, name) for name in OLDER.after["predictions"]}


def read(client: httpx.Client, name: str) -> Json:
    """Return how a sweep, its first page of trials, and its best trial with its curve read over REST."""
    path = f"/v1/sweeps/{SWEEPS[name]}"
    found: Json = {"sweep": get(client, path), "trials": get(client, f"{path}/trials")["items"]}
    if "best" in BEFORE["read"][name]:
        found["best"] = get(client, f"{path}/best")
        found["curve"] = get(client, f"{path}/trials/{found['best']['number']}/curve")["items"]
    return found


def get(client: httpx.Client, path: str) -> Any:
    """Return the JSON of an answer."""
    return client.get(path).raise_for_status().json()


def known_to(older: Any, found: Any) -> Any:
    """Return what an answer says in the fields that the older version's answer had too."""
    if isinstance(older, dict) and isinstance(found, dict):
        return {name: known_to(value, found[name]) for name, value in older.items()}
    if isinstance(older, list) and isinstance(found, list) and len(older) == len(found):
        return [known_to(one, other) for one, other in zip(older, found, strict=True)]
    return found


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Upgraded:
    """The folder, upgraded and finished once for all tests."""
    return Upgraded(OLDER.unpack(tmp_path_factory.mktemp("upgraded") / "data"))


@pytest.mark.parametrize("name", SWEEPS)
def test_a_sweep_reads_as_before(upgraded: Upgraded, name: str) -> None:
    older, found = BEFORE["read"][name]["sweep"], upgraded.read[name]["sweep"]
    counts = [{state: sweep["counts"][state] for state in FINAL} for sweep in (older, found)]
    assert counts[1] == counts[0]
    assert sum(found["counts"].values()) == sum(older["counts"].values())
    older = {field: value for field, value in older.items() if field != "counts"}
    assert known_to(older, found) == older


@pytest.mark.parametrize("name", SWEEPS)
def test_final_trials_read_as_before_and_open_ones_are_still_the_same_trials(upgraded: Upgraded, name: str) -> None:
    for older, found in zip(BEFORE["read"][name]["trials"], upgraded.read[name]["trials"], strict=True):
        fields = older if older["state"] in FINAL else ("number", "params", "all_params", "created_at")
        wanted = {field: older[field] for field in fields}
        assert known_to(wanted, found) == wanted
        assert (found["state"] in FINAL) == (older["state"] in FINAL)


@pytest.mark.parametrize("name", [name for name in SWEEPS if "best" in BEFORE["read"][name]])
def test_the_best_trial_and_its_curve_read_as_before(upgraded: Upgraded, name: str) -> None:
    # The older version told the metric of the other tasks too, as null.
    others = [("dev_error", None), ("dev_rmse", None)]
    curve = [dict(field for field in point.items() if field not in others) for point in BEFORE["read"][name]["curve"]]
    older = {"best": BEFORE["read"][name]["best"], "curve": curve}
    assert known_to(older, upgraded.read[name]) == older


def test_an_upload_reads_as_before_and_a_deleted_one_stays_deleted(upgraded: Upgraded) -> None:
    assert known_to(BEFORE["mine"], upgraded.mine) == BEFORE["mine"]
    assert upgraded.deleted == 404


def test_suspects_stay_suspects(upgraded: Upgraded) -> None:
    lost = {name: [trial for trial, losses in rows if losses >= 3] for name, rows in BEFORE["losses"].items()}
    assert len(lost["running"]) == 4
    assert upgraded.suspects == lost


def test_suspects_finish_since_nothing_is_wrong_with_them(upgraded: Upgraded) -> None:
    failed = [trial["number"] for trial in BEFORE["read"]["running"]["trials"] if trial["state"] == "failed"]
    assert len(failed) == 1
    assert upgraded.sweeps["running"]["counts"]["failed"] == 1
    assert failed[0] not in upgraded.suspects["running"]


@pytest.mark.parametrize("name", [name for name in SWEEPS if BEFORE["fences"][name]])
def test_no_fence_falls(upgraded: Upgraded, name: str) -> None:
    assert [trial for trial, fence in BEFORE["fences"][name] if upgraded.fences[name][trial] < fence] == []


@pytest.mark.parametrize("name", SWEEPS)
def test_every_sweep_ends_as_the_older_version_would_have_ended_it(upgraded: Upgraded, name: str) -> None:
    older, found = OLDER.after["sweeps"][name], upgraded.sweeps[name]
    fields = ("id", "name", "state", "reason", "counts", "rules", *(["best"] if exact(upgraded, name) else []))
    wanted = {field: older[field] for field in fields}
    assert known_to(wanted, found) == wanted
    OLDER.require_same_end(upgraded.data, name)


def exact(upgraded: Upgraded, name: str) -> bool:
    return OLDER.on_this_machine(upgraded.data, name)


def test_nothing_stays_in_the_queue(upgraded: Upgraded) -> None:
    assert queue_length(upgraded.data) == 0


@pytest.mark.parametrize("name", OLDER.after["predictions"])
def test_kept_models_and_old_model_files_predict_as_before(upgraded: Upgraded, name: str) -> None:
    OLDER.require_same_predictions(name, upgraded.predictions[name])
