"""Tests of the routes of data sets."""

import hashlib
from pathlib import Path

import httpx
import pytest

from tests.app.api.serving import Trainer, places, problem, serving, start

TABLE = "width,colour,kind\n" + "".join(
    f"{number / 8},{['red', 'green', 'blue'][number % 3]},{'ab'[number % 2]}\n" for number in range(80)
)
FORM = {"name": "mine", "target": "kind"}


def upload(
    client: httpx.Client,
    form: dict[str, str | list[str]] | dict[str, str] = FORM,
    table: str | bytes = TABLE,
    filename: str = "t.csv",
) -> httpx.Response:
    return client.post("/v1/datasets", data=form, files={"file": (filename, table)})


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


def test_workers_fetch_the_content_by_its_hash(shared: httpx.Client) -> None:
    iris = shared.get("/v1/datasets/iris").json()
    answer = shared.get("/v1/datasets/iris/content")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["etag"] == f'"{iris["sha256"]}"'
    assert hashlib.sha256(answer.content).hexdigest() == iris["sha256"]
    unchanged = shared.get("/v1/datasets/iris/content", headers={"if-none-match": answer.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_a_data_set_is_deleted_when_no_sweep_runs_on_it(client: httpx.Client, trainer: Trainer) -> None:
    upload(client)
    start(client, dataset="mine")
    problem(client.delete("/v1/datasets/mine"), 409)
    trainer.train_everything()
    assert client.delete("/v1/datasets/mine").status_code == 204
    problem(client.delete("/v1/datasets/mine"), 404)
    problem(client.get("/v1/datasets/mine"), 404)


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
        ({"name": "mine", "target": "kind"}, TABLE, "t.txt", ["/file"]),
        ({"name": "mine", "target": "kind"}, b"", "t.csv", ["/file"]),
        ({"name": "mine", "target": "kind"}, b"\xff\x00\xfe", "t.csv", ["/file"]),
        ({"name": "mine", "target": "kind"}, b"not a zip", "t.npz", ["/file", "/target"]),
        ({"name": "a b", "target": "kind"}, TABLE, "t.txt", ["/name", "/file"]),
    ],
)
def test_an_upload_that_cannot_be_used_is_refused_with_its_faults_and_nothing_is_stored(
    shared: httpx.Client, form: dict[str, str], table: str | bytes, filename: str, pointers: list[str]
) -> None:
    assert places(upload(shared, form, table, filename)) == pointers
    assert len(shared.get("/v1/datasets").json()["items"]) == 5


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
