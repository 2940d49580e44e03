"""Tests of the routes of data sets."""

import hashlib
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.preparation.datasets import prepared
from app.storage import FILE, SqliteStorage
from engine.data import Dataset
from tests.app.api.serving import Trainer, places, problem, serving, start, when_ended
from tests.app.storage.simple_policy import SimplePolicy
from tests.app.storage.world import forget_upload_hashes

TABLE = "width,colour,kind\n" + "".join(
    f"{number / 8},{['red', 'green', 'blue'][number % 3]},{'ab'[number % 2]}\n" for number in range(80)
)
Files = dict[str, tuple[str, str]]
FORM = {"name": "mine", "target": "kind"}


def upload(
    client: httpx.Client,
    form: dict[str, str | list[str]] | dict[str, str] = FORM,
    table: str | bytes = TABLE,
    filename: str = "t.csv",
    others: Files | None = None,
) -> httpx.Response:
    return client.post("/v1/datasets", data=form, files={"file": (filename, table), **(others or {})})


def test_the_builtin_data_sets_are_there(shared: httpx.Client) -> None:
    items = shared.get("/v1/datasets").json()["items"]
    assert [item["name"] for item in items] == ["breast_cancer", "diabetes", "digits", "iris", "wine"]
    assert all(item["builtin"] for item in items)
    iris = shared.get("/v1/datasets/iris").json()
    assert iris in items
    assert (iris["task"], iris["features"], iris["outputs"]) == ("multiclass", 4, 3)
    assert sum(iris["rows"].values()) == 150


def test_data_sets_come_in_pages(shared: httpx.Client) -> None:
    first = shared.get("/v1/datasets", params={"limit": 3}).json()
    second = shared.get("/v1/datasets", params={"limit": 3, "cursor": first["next"]}).json()
    assert [len(first["items"]), len(second["items"]), second["next"]] == [3, 2, None]
    problem(shared.get("/v1/sweeps", params={"cursor": first["next"]}), 400)


def test_an_upload_is_prepared_stored_and_found_again(client: httpx.Client) -> None:
    created = upload(client)
    assert created.status_code == 201
    mine = created.json()
    assert (mine["name"], mine["task"], mine["builtin"]) == ("mine", "binary", False)
    assert sum(mine["rows"].values()) == 80
    again = upload(client)
    assert (again.status_code, again.json()) == (200, mine)
    assert client.get("/v1/datasets/mine").json() == mine


def test_another_table_under_the_same_name_is_a_conflict(client: httpx.Client) -> None:
    upload(client)
    problem(upload(client, table=TABLE.replace("red", "black")), 409)
    problem(upload(client, {"name": "iris", "target": "kind"}), 409)


def test_the_same_upload_is_found_also_where_this_version_would_prepare_it_otherwise(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, _):
        upload(client)
    as_an_older_version_left_it(tmp_path, classes=("no", "yes"))
    with serving(tmp_path) as (client, _):
        mine = client.get("/v1/datasets/mine").json()
        again = upload(client, filename="same_bytes.CSV")
        assert (again.status_code, again.json()) == (200, mine)
        assert places(upload(client, {**FORM, "colour": "red"})) == ["/colour"]
        assert "another content" in problem(upload(client, {**FORM, "task": "classification"}), 409)["detail"]


def test_an_upload_from_before_uploads_had_hashes_is_found_if_it_trains_alike(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, _):
        mine = upload(client).json()
    as_an_older_version_left_it(tmp_path, card={"split": mine["card"]["split"], "age": "old"})
    forget_upload_hashes(tmp_path)
    with serving(tmp_path) as (client, services):
        refused = problem(upload(client, table=TABLE.replace("red", "black")), 409)
        assert "an older version of logsweep prepared" in refused["detail"]
        assert "Choose another name, or delete the old one first." in refused["detail"]
        assert services.storage.upload_hash("mine") is None
        again = upload(client)
        assert again.status_code == 200
        assert again.json()["card"]["age"] == "old"
        assert again.json()["sha256"] != mine["sha256"]
        assert services.storage.upload_hash("mine") is not None
        assert upload(client).json() == again.json()


def as_an_older_version_left_it(folder: Path, **changes: Any) -> None:
    """Give the data set `mine` a content that this version would not make of the same upload."""
    with closing(SqliteStorage(folder, SimplePolicy())) as storage:
        _, content = storage.dataset_content("mine")
        older = prepared(replace(Dataset.from_bytes(content), **changes))
        key = storage.add_artifact(older.sha256, older.content, storage.dataset("mine").created_at)
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        connection.execute(
            "UPDATE datasets SET sha256 = ?, card = ?, artifact_key = ? WHERE name = 'mine'",
            [older.sha256, json.dumps(older.card), key],
        )


def test_workers_fetch_the_content_by_its_hash(shared: httpx.Client) -> None:
    iris = shared.get("/v1/datasets/iris").json()
    answer = shared.get("/v1/datasets/iris/content")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["etag"] == f'"{iris["sha256"]}"'
    assert hashlib.sha256(answer.content).hexdigest() == iris["sha256"]
    unchanged = shared.get("/v1/datasets/iris/content", headers={"if-none-match": answer.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_a_content_is_there_by_its_hash_while_a_sweep_names_it_whatever_became_of_its_data_set(
    client: httpx.Client, trainer: Trainer
) -> None:
    sha256 = upload(client).json()["sha256"]
    content = client.get("/v1/datasets/mine/content").content
    sweep = start(client, dataset="mine")
    trainer.train_everything()
    when_ended(client, sweep["id"])
    client.delete("/v1/datasets/mine").raise_for_status()
    upload(client, table=TABLE.replace("red", "black")).raise_for_status()
    answer = client.get("/v1/datasets/mine/content", params={"sha256": sha256})
    assert (answer.content, answer.headers["etag"]) == (content, f'"{sha256}"')
    assert client.get("/v1/datasets/mine/content").content != content
    problem(client.get("/v1/datasets/mine/content", params={"sha256": "0" * 64}), 404)


def test_a_data_set_is_deleted_when_no_sweep_runs_on_it(client: httpx.Client, trainer: Trainer) -> None:
    upload(client)
    sweep = start(client, dataset="mine")
    problem(client.delete("/v1/datasets/mine"), 409)
    trainer.train_everything()
    when_ended(client, sweep["id"])
    assert client.delete("/v1/datasets/mine").status_code == 204
    problem(client.delete("/v1/datasets/mine"), 404)
    problem(client.get("/v1/datasets/mine"), 404)


def test_the_reaper_deletes_the_content_of_a_data_set_that_is_gone_and_no_other(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, services):
        sha256 = upload(client).json()["sha256"]
        assert services.storage.artifact_size(sha256) is not None
        client.delete("/v1/datasets/mine").raise_for_status()
        assert services.storage.artifact_size(sha256) is None
        services.work.reap()
        assert services.storage.clear_artifacts(datetime.now(UTC), 9) == 0
        assert client.get("/v1/datasets/iris/content").status_code == 200


def test_a_builtin_cannot_be_deleted(shared: httpx.Client) -> None:
    problem(shared.delete("/v1/datasets/iris"), 409)


@pytest.mark.parametrize(
    ("form", "table", "filename", "pointers"),
    [
        ({"name": "a b", "target": "kind"}, TABLE, "t.csv", ["/name"]),
        ({"name": "../x", "target": "kind"}, TABLE, "t.csv", ["/name"]),
        ({"name": "a\x00", "target": "kind"}, TABLE, "t.csv", ["/name"]),
        ({"name": "mine", "target": "sort"}, TABLE, "t.csv", ["/target"]),
        ({"name": "mine"}, TABLE, "t.csv", ["/target"]),
        ({"target": "kind"}, TABLE, "t.csv", ["/name"]),
        ({"name": "mine", "target": "kind", "task": "clustering"}, TABLE, "t.csv", ["/task"]),
        ({"name": "mine", "target": "kind"}, TABLE, "t.dat", ["/file"]),
        ({"name": "mine", "target": "kind"}, b"", "t.csv", ["/file"]),
        ({"name": "mine", "target": "kind"}, b"\xff\x00\xfe", "t.csv", ["/encoding"]),
        ({"name": "mine", "target": "kind"}, b"not a zip", "t.npz", ["/file", "/target"]),
        ({"name": "a b", "target": "kind"}, TABLE, "t.dat", ["/name", "/file"]),
    ],
)
def test_an_upload_that_cannot_be_used_is_refused_with_its_faults_and_nothing_is_stored(
    shared: httpx.Client, form: dict[str, str], table: str | bytes, filename: str, pointers: list[str]
) -> None:
    assert places(upload(shared, form, table, filename)) == pointers
    assert len(shared.get("/v1/datasets").json()["items"]) == 5


VISITS = "patient,day,width,kind\n" + "".join(
    f"p{row // 4},{row},{row * 7 % 11},{'ab'[row % 2]}\n" for row in range(80)
)


def test_leaks_and_a_task_at_the_border_are_named_at_upload_and_kept(client: httpx.Client) -> None:
    table = "id,inches,age\n" + "".join(f"{row},{row * 7 % 40 / 2.54},{row * 7 % 40}\n" for row in range(300))
    leaky = upload(client, {"name": "leaky", "target": "age"}, table, others={"dev_file": ("dev.csv", table)}).json()
    notes = {note["code"]: note for note in leaky["card"]["notes"]}
    assert list(notes) == ["task", "row_number", "input_equals_target", "same_file"]
    assert notes["task"]["detail"].endswith("send task=classification.")
    assert [notes[code]["columns"] for code in ("row_number", "input_equals_target")] == [["id"], ["inches"]]
    assert client.get("/v1/datasets/leaky").json() == leaky
    doubled = "n,kind\n" + "".join(f"{row % 50 * 1.1},{'ab'[row % 2]}\n" for row in range(100))
    copied = upload(client, {"name": "doubled", "target": "kind", "split": "0.5,0.5,0"}, doubled).json()
    assert [note["code"] for note in copied["card"]["notes"]] == ["copied_rows"]


def test_the_rows_of_a_group_stay_in_one_part_and_the_last_in_order_are_test(client: httpx.Client) -> None:
    form = {"target": "kind", "split": "0.6,0.2,0.2"}
    grouped = upload(client, {**form, "name": "grouped", "group": "patient"}, VISITS).json()
    assert grouped["rows"] == {"train": 48, "dev": 16, "test": 16}
    assert grouped["card"]["split"]["group"] == "patient"
    assert [column["name"] for column in grouped["card"]["columns"]] == ["day", "width"]
    ordered = upload(client, {**form, "name": "ordered", "order": "day"}, VISITS.replace("p", "1")).json()
    assert ordered["card"]["split"]["order"] == "day"
    assert ordered["rows"] == {"train": 48, "dev": 16, "test": 16}
    assert client.get("/v1/datasets/ordered").json() == ordered


@pytest.mark.parametrize(
    ("form", "pointers"),
    [
        ({"group": "doctor"}, ["/group"]),
        ({"order": "kind", "split": "0.5,0.5"}, ["/split"]),
        ({"order": "kind"}, ["/order"]),
        ({"order": "patient"}, ["/order"]),
        ({"group": "patient", "order": "day"}, ["/order"]),
        ({"group": "kind", "split": "0.5,0.5,0.5"}, ["/split", "/group"]),
        ({"split": "0.99,0.005,0.005"}, ["/split"]),
        ({"group": "patient", "split": "0.98,0.01,0.01"}, ["/group"]),
    ],
)
def test_a_cut_that_cannot_be_made_is_refused_with_its_field(
    shared: httpx.Client, form: dict[str, str], pointers: list[str]
) -> None:
    assert places(upload(shared, FORM | form, VISITS)) == pointers


def test_dev_and_test_may_be_files_of_their_own_and_the_split_may_be_said(client: httpx.Client) -> None:
    dev = ("dev.csv", "kind,colour,width\na,red,1\nb,pink,\n")
    created = upload(client, others={"dev_file": dev, "test_file": dev})
    assert created.status_code == 201
    assert created.json()["rows"] == {"train": 80, "dev": 2, "test": 2}
    assert created.json()["card"]["split"]["separate"] == ["dev", "test"]
    assert upload(client, others={"dev_file": dev, "test_file": dev}).status_code == 200
    problem(upload(client, others={"dev_file": dev}), 409)
    cut = upload(client, {**FORM, "name": "cut", "split": "0.8,0.2,0", "split_seed": "7"}).json()
    assert cut["rows"] == {"train": 64, "dev": 16, "test": 0}
    assert cut["card"]["split"]["seed"] == 7
    both = upload(client, {**FORM, "name": "both", "split": "0.75,0,0.25"}, others={"dev_file": dev}).json()
    assert both["rows"] == {"train": 60, "dev": 2, "test": 20}


def test_a_data_set_without_a_test_part_is_searched(client: httpx.Client, trainer: Trainer) -> None:
    assert upload(client, {**FORM, "split": "0.8,0.2,0"}).status_code == 201
    sweep = start(client, dataset="mine")
    trainer.train_everything()
    assert when_ended(client, sweep["id"])["state"] == "completed"


def test_the_answer_warns_of_parts_that_are_distributed_differently(client: httpx.Client) -> None:
    dev = "width,colour,kind\n" + "".join(f"{number / 8 + 6},red,{'ab'[number % 2]}\n" for number in range(80))
    drift = upload(client, others={"dev_file": ("dev.csv", dev)}).json()["card"]["drift"]
    assert client.get("/v1/datasets/mine").json()["card"]["drift"] == drift
    (warning,) = drift["warnings"]
    assert "The distributions of train and dev differ in 2 of 3 columns" in warning
    assert {"width", "colour"} == {column["column"] for column in drift["columns"][:2]}
    assert all(column["parts"] == ["train", "dev"] for column in drift["columns"])
    assert client.get("/v1/datasets/digits").json()["card"]["drift"]["warnings"] == []


def test_rows_may_be_images(client: httpx.Client) -> None:
    pixels = "a,b,c,d,kind\n" + "".join(f"{n % 5},{n % 7},3,4,{'ab'[n % 2]}\n" for n in range(40))
    assert upload(client, {**FORM, "image": "2x2"}, pixels).json()["card"]["image"] == [2, 2, 1]
    assert client.get("/v1/datasets/digits").json()["card"]["image"] == [8, 8, 1]


def test_faults_of_every_file_and_field_come_in_one_answer(shared: httpx.Client) -> None:
    form = {"name": "a b", "target": "kind", "task": "guess", "split": "half", "image": "big"}
    unreadable: Files = {"dev_file": ("d.csv", "width,colour,kind\n1\n"), "test_file": ("t.xls", "")}
    assert places(upload(shared, form, TABLE, others=unreadable)) == [
        "/name", "/dev_file", "/test_file", "/task", "/split", "/image",
    ]  # fmt: skip
    form = {**FORM, "split": "0.6,0.6,0.1", "image": "2x2"}
    unlike: Files = {"dev_file": ("d.csv", "width,kind,z\n1,a,1\n"), "test_file": ("t.csv", TABLE + "1,red,c\n")}
    found = problem(upload(shared, form, TABLE, others=unlike), 422)["errors"]
    assert [error["pointer"] for error in found] == [
        "/split", "/split", "/split", "/image", "/image", "/dev_file", "/dev_file", "/test_file",
    ]  # fmt: skip
    assert found[-1]["detail"].startswith('The test table has the class "c" in line 82, which train has not.')
    assert len(shared.get("/v1/datasets").json()["items"]) == 5


@pytest.mark.parametrize("seed", ["-1", "x", "1.5", str(2**63)])
def test_a_split_seed_is_a_whole_number_from_zero_on(shared: httpx.Client, seed: str) -> None:
    assert places(upload(shared, {**FORM, "task": "ranking", "split_seed": seed})) == ["/task", "/split_seed"]


def test_other_content_types_are_refused(shared: httpx.Client) -> None:
    problem(shared.post("/v1/datasets", json={"name": "mine"}), 415)
    broken = {"content-type": "multipart/form-data"}
    problem(shared.post("/v1/datasets", content=b"no boundary", headers=broken), 400)


def test_uploads_beyond_the_limit_are_refused_and_json_has_its_own_limit(tmp_path: Path) -> None:
    with serving(tmp_path, max_upload_bytes=4096) as (client, _):
        problem(upload(client, table="x" * 5000), 413)
        assert upload(client).status_code == 201


def test_a_table_that_unpacks_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path, max_table_bytes=1024) as (client, _):
        assert places(upload(client)) == ["/file"]


def test_fields_that_nobody_knows_are_faults_and_not_passed_over(client: httpx.Client) -> None:
    form = FORM | {"target": "sort", "splitseed": "3", "seed": "3"}
    refused = upload(client, form, others={"devfile": ("dev.csv", TABLE)})
    assert places(refused) == ["/splitseed", "/seed", "/devfile", "/target"]
    assert 'Did you mean "split_seed"?' in refused.json()["errors"][0]["detail"]


def test_of_all_fields_categorical_alone_may_come_several_times(client: httpx.Client) -> None:
    twice: dict[str, str | list[str]] = {**FORM, "split": ["1,0,0", "0.8,0.2,0"], "categorical": ["colour", "kind"]}
    refused = upload(client, twice)
    assert places(refused) == ["/split"]
    assert refused.json()["detail"] == 'The field "split" comes 2 times. Send it once.'
    assert upload(client, {**twice, "split": "0.8,0.2,0"}).status_code == 201


def test_an_upload_that_takes_too_long_is_refused_and_the_server_lives_on(tmp_path: Path) -> None:
    with serving(tmp_path, reading_seconds=0.01) as (client, _):
        (fault,) = problem(upload(client), 422)["errors"]
        assert fault["pointer"] == "/file"
        assert fault["detail"].startswith("Reading the files took more than 0.01 s, the most that is allowed.")
        assert len(client.get("/v1/datasets").json()["items"]) == 5
