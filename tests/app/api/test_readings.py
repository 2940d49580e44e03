"""Tests over HTTP of what texts mean: the card says it, and predictions read as training did."""

from typing import Any

import httpx
import numpy as np
import pytest

from tests.app.api.serving import Json, Trainer, finished, places, start

HEADER = "price,share,bought,code,label"


def table(rows: int = 40) -> str:
    """Every kind of disguise; the target is a price."""
    lines = (
        f'"${1000 + 13 * row:,}",{row} %,{row % 28 + 1:02}/05/2020 {row % 24:02}:00,A{row % 3},"{row},5"\n'
        for row in range(rows)
    )
    return f"{HEADER}\n{''.join(lines)}"


def upload(client: httpx.Client, content: str, dev_file: str | None = None, **form: Any) -> httpx.Response:
    files = {"file": ("t.csv", content)} | ({"dev_file": ("dev.csv", dev_file)} if dev_file else {})
    return client.post("/v1/datasets", data={"name": "mine", **form}, files=files)


def codes(answer: Json) -> dict[str, list[str]]:
    return {note["code"]: note["columns"] for note in answer["card"]["notes"]}


def test_disguised_columns_are_numbers_with_notes_and_a_disguised_target_is_a_regression(client: httpx.Client) -> None:
    answer = upload(client, table(), target="price").raise_for_status().json()
    assert (answer["task"], answer["features"]) == ("regression", 8)  # share; day, time; 3 codes and missing; label
    assert answer["card"]["target_reading"] == {
        "as": "numbers",
        "thousands": "comma",
        "unit": "$",
        "missing": ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?"],
    }
    assert {column["name"]: column["reading"] for column in answer["card"]["columns"]} == {
        "share": {"as": "numbers", "unit": "%"},
        "bought": {"as": "dates", "order": "dmy", "times": True},
        "code": {"as": "words"},
        "label": {"as": "numbers", "decimal": "comma"},
    }
    assert {"numbers_in_disguise", "dates", "digits_in_words"} <= set(codes(answer))


def test_predictions_read_as_training_did(client: httpx.Client, trainer: Trainer) -> None:
    upload(client, table(), target="price").raise_for_status()
    sweep = start(client, dataset="mine", fixed={"epochs": 3, "hidden_units": []}, budget={"trials": 1})["id"]
    (lease,) = trainer.leases()
    row = np.linspace(-1, 1, 9, dtype="<f4").tobytes()
    trainer.finish(finished(lease, None, model=trainer.hand_in(row), metrics={"dev_rmse": 0.5}))
    same = [
        {"share": "7 %", "bought": "13/05/2020 06:00", "code": "A1", "label": "4,5"},
        {"share": 7, "bought": "2020-05-13T06:00Z", "code": " A1", "label": 4.5},
    ]
    address = f"/v1/sweeps/{sweep}/trials/0/predict"
    first, second = client.post(address, json={"rows": same}).raise_for_status().json()["items"]
    assert first == second
    wrong = client.post(address, json={"rows": [{"share": "7 kg", "bought": 18395, "code": "A1", "label": "4.5"}]})
    assert places(wrong) == ["/rows/0/share", "/rows/0/bought", "/rows/0/label"]


@pytest.mark.parametrize(
    ("cells", "field", "ways"),
    [
        (['"1,234"', '"5,678"'], "thousands", {"thousands": "comma"}),
        (['"1,234"', '"5,678"'], "thousands", {"decimal": "comma"}),
        (["01/02/2020", "03/04/2020"], "dates", {"dates": "mdy"}),
        (["$1", "€2"], "categorical", {"categorical": "a"}),
    ],
)
def test_what_cannot_be_told_names_the_field_that_decides(
    client: httpx.Client, cells: list[str], field: str, ways: dict[str, str]
) -> None:
    content = "a,y\n" + "".join(f"{cells[row % 2]},{row % 2}\n" for row in range(40))
    assert places(upload(client, content, target="y")) == [f"/{field}"]
    assert upload(client, content, target="y", **ways).status_code == 201


def test_what_is_said_of_the_reading_is_checked(shared: httpx.Client) -> None:
    said = {"decimal": "dot", "thousands": "dot", "dates": "ydm", "missing_target": "keep"}
    refused = upload(shared, "a,y\n1,2\n", target="y", **said)
    assert places(refused)[:4] == [f"/{field}" for field in said]
    detail = refused.json()["errors"][0]["detail"]
    assert detail == 'The decimal "dot" is not possible: it must be point or comma.'
    assert places(upload(shared, "a,y\n1,2\n", target="y", decimal="comma", thousands="comma"))[0] == "/thousands"


def test_missing_may_come_several_times_and_an_empty_one_clears_the_tokens(client: httpx.Client) -> None:
    content = "country,size,y\n" + "".join(f"{['NA', 'DE'][row % 2]},{row},{row % 2}\n" for row in range(40))
    answer = upload(client, content, target="y", missing="").raise_for_status().json()
    assert answer["card"]["columns"][0]["categories"] == ["DE", "NA"]
    more: dict[str, Any] = {"missing": ["NA", "DE"], "name": "other"}
    refused = upload(client, content, target="y", **more)
    assert "has no values at all" in refused.json()["errors"][0]["detail"]


def test_rows_without_a_target_are_a_fault_or_left_out(client: httpx.Client) -> None:
    content = "x,y\n" + "".join(f"{row},{row % 2 if row % 10 else ''}\n" for row in range(40))
    refused = upload(client, content, target="y")
    assert "missing_target=drop" in refused.json()["errors"][0]["detail"]
    answer = upload(client, content, content, target="y", missing_target="drop").raise_for_status().json()
    assert sum(answer["rows"].values()) == 72
    (note,) = [note for note in answer["card"]["notes"] if note["code"] == "missing_target_dropped"]
    assert note["detail"].startswith("4 rows were left out")


def test_dev_files_are_read_as_the_training_file_was(client: httpx.Client) -> None:
    train = "d,p,y\n" + "".join(f'{row % 28 + 1}/05/2020,"{row},5",{row % 2}\n' for row in range(40))
    dev = 'd,p,y\n01/02/2020,"1,234",0\n02/02/2020,"3",1\n'
    answer = upload(client, train, target="y", dev_file=dev).raise_for_status().json()
    assert answer["rows"]["dev"] == 2
    wrong = upload(client, train, target="y", name="other", dev_file=dev.replace("3", "3.5"))
    assert places(wrong) == ["/dev_file"]


def test_words_that_are_too_many_to_be_classes_are_noted(client: httpx.Client) -> None:
    content = "x,y\n" + "".join(f"{row},{'abcdefghij'[row % 10]}\n" for row in range(40))
    answer = upload(client, content, target="y").raise_for_status().json()
    assert "few_rows_per_class" in codes(answer)
