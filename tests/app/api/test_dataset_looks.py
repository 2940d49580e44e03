"""Tests of a look at an upload before it is stored."""

import io

import httpx
import numpy as np

from tests.app.api.serving import places, problem
from tests.app.api.test_datasets import TABLE, upload


def look(
    client: httpx.Client, form: dict[str, str], table: str | bytes = TABLE, filename: str = "t.csv"
) -> httpx.Response:
    return client.post("/v1/datasets/preview", data=form, files={"file": (filename, table)})


def test_a_look_before_the_upload_shows_columns_and_parts_and_stores_nothing(client: httpx.Client) -> None:
    table = TABLE.replace("0.125,green", ",green")
    answer = look(client, {"target": "kind"}, table)
    assert answer.status_code == 200
    seen = answer.json()
    assert problem(client.get("/v1/datasets/preview"), 404)
    made = upload(client, table=table).json()
    for name in ("task", "rows", "features", "outputs"):
        assert seen[name] == made[name]
    assert seen["notes"] == made["card"]["notes"]
    assert seen["card"] == {name: value for name, value in made["card"].items() if name not in ("columns", "notes")}
    width, colour = seen["columns"]
    assert (width["name"], width["kind"], width["missing"], width["different"]) == ("width", "numeric", 1, None)
    assert (width["low"], width["high"]) == (0.0, 79 / 8)
    assert len(width["examples"]) == 5
    assert set(width["examples"]) <= {number / 8 for number in range(80)} - {0.125}
    assert (colour["kind"], colour["missing"], colour["different"]) == ("categorical", 0, 3)
    assert sorted(colour["examples"]) == ["blue", "green", "red"]
    assert seen["target"] == {
        "name": "kind", "kind": "categorical", "missing": 0, "low": None, "high": None, "different": 2,
        "examples": ["a", "b"],
    }  # fmt: skip
    assert seen["more_columns"] == 0


def test_numbers_are_shown_as_they_were_written(shared: httpx.Client) -> None:
    rows = [f"{number / 10},{1_600_000_000 + number},{number / 5}\n" for number in range(1, 41)]
    seen = look(shared, {"target": "y", "name": "any"}, "x,seconds,y\n" + "".join(rows)).json()
    x, seconds = seen["columns"]
    assert (x["low"], x["high"]) == (0.1, 4.0)
    assert (seconds["low"], seconds["high"]) == (1_600_000_001.0, 1_600_000_040.0)  # float32 merges them
    assert len(seconds["examples"]) == 5
    assert (seen["target"]["low"], seen["target"]["high"], seen["target"]["kind"]) == (0.2, 8.0, "numeric")


def test_numbers_that_float32_would_merge_are_shown_as_they_were_written(shared: httpx.Client) -> None:
    table = "serial,gap,y\n" + "".join(f"{10**9 + n},{'' if n < 9 else 10**9 + n},{n % 2}\n" for n in range(40))
    serial, gap = look(shared, {"target": "y"}, table).json()["columns"]
    assert (serial["low"], serial["high"]) == (1e9, 1e9 + 39)
    assert (gap["low"], gap["high"], gap["missing"]) == (1e9 + 9, 1e9 + 39, 9)
    assert len({*serial["examples"], *gap["examples"]} & {1e9 + n for n in range(40)}) >= 5


def test_of_many_columns_a_hundred_are_shown_and_the_others_counted(shared: httpx.Client) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, x=np.random.default_rng(0).normal(size=(40, 5000)), y=np.arange(40) % 2)
    answer = look(shared, {}, buffer.getvalue(), "t.npz")
    assert (len(answer.json()["columns"]), answer.json()["more_columns"]) == (100, 4900)
    assert len(answer.content) < 100_000


def test_a_look_names_the_faults_of_an_upload(shared: httpx.Client) -> None:
    assert places(look(shared, {"target": "sort", "colour": "red", "name": "a b"})) == ["/colour", "/name", "/target"]
    problem(shared.post("/v1/datasets/preview", json={}), 415)
    assert len(shared.get("/v1/datasets").json()["items"]) == 5
