"""Tests of prepared data sets: their arrays, their card, their bytes, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import Cut, Dataset, Table, TableError, Tables, prepare
from engine.data.parts.split import split_rows
from engine.data.table import CategoricalColumn
from engine.data.target import read_target
from tests.engine.data.small_datasets import ARRAYS, read, small
from tests.engine.data.tables import mixed_tables


@settings(deadline=None)
@given(mixed_tables(), st.integers(0, 1000))
def test_bytes_bring_back_every_bit_and_are_the_same_each_time(table: Table, seed: int) -> None:
    dataset = prepare(table, target="y", cut=Cut(seed=seed))
    content = dataset.to_bytes()
    back = Dataset.from_bytes(content)
    for name in ARRAYS:
        one, other = getattr(dataset, name), getattr(back, name)
        assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    assert (back.task, back.classes, back.card) == (dataset.task, dataset.classes, dataset.card)
    assert back.to_bytes() == content == prepare(table, target="y", cut=Cut(seed=seed)).to_bytes()


def test_the_card_is_strict_json_and_tells_what_was_done() -> None:
    card = json.loads(json.dumps(small().card, allow_nan=False))
    assert card == {
        "target": "y",
        "task": "multiclass",
        "task_was": "inferred",
        "classes": ["0", "1", "2"],
        "class_counts": {"train": [14, 14, 14], "dev": [3, 3, 3], "test": [3, 3, 3]},
        "columns": [
            {"name": "n", "kind": "numeric", "fill": 36.0, "flag": False, "reading": {"as": "numbers"}, "missing": 0},
            {"name": "w", "kind": "categorical", "categories": ["a", "b"], "reading": {"as": "words"}, "missing": 0},
        ],
        "target_deviation": None,
        "target_reading": {"as": "numbers"},
        "split": {
            "seed": 0,
            "fractions": [0.7, 0.15, 0.15],
            "group": None,
            "order": None,
            "separate": [],
            "rows": {"train": 42, "dev": 9, "test": 9},
        },
        "drift": card["drift"],
        "notes": [],
        "read": {"separator": "comma", "encoding": "utf-8", "header": True},
    }
    assert {column["column"] for column in card["drift"]["columns"]} == {"n", "w", "y"}


def test_the_card_has_the_deviation_of_the_numbers_to_be_learned_from() -> None:
    dataset = prepare(read("n,y\n" + "\n".join(f"{n % 7},{n / 3}" for n in range(60))), target="y")
    mean = sum(dataset.y_train) / len(dataset.y_train)
    variance = sum((y - mean) ** 2 for y in dataset.y_train) / len(dataset.y_train)
    assert dataset.card["target_deviation"] == pytest.approx(variance**0.5)


def test_inputs_are_float32_labels_int64_and_numbers_float64() -> None:
    assert [getattr(small(), name).dtype for name in ARRAYS] == [np.float32, np.int64] * 3
    lines = "\n".join(f"{index},{index / 2}" for index in range(50))
    assert prepare(read("n,y\n" + lines), target="y").y_dev.dtype == np.float64


def test_a_column_that_is_constant_in_train_and_a_word_that_is_new_in_dev_are_fine() -> None:
    table = read("n,w,y\n" + "".join(f"1,a,{index % 2}\n" for index in range(40)))
    target, _ = table.take("y")
    split = split_rows(read_target(target, table, None), 0)
    words = np.array(["a"] * 40, np.object_)
    words[split.dev] = "new"
    dataset = prepare(
        replace(table, columns=(table.columns[0], CategoricalColumn("w", words), table.columns[2])), target="y"
    )
    np.testing.assert_array_equal(dataset.x_train, [[1.0, 1.0, 0.0]] * len(split.train))
    np.testing.assert_array_equal(dataset.x_dev, [[1.0, 0.0, 1.0]] * len(split.dev))


def test_faults_of_target_and_features_come_together() -> None:
    table = read("name,y\n" + "".join(f"person {index},1\n" for index in range(60)))
    with pytest.raises(TableError) as caught:
        prepare(table, target="y")
    assert [fault.about for fault in caught.value.faults] == ["target", "file"]


def test_after_twenty_faults_of_features_the_rest_is_counted() -> None:
    names = ",".join(f"name{column}" for column in range(30))
    lines = "".join(",".join([f"p{row}"] * 30) + f",{row % 2}\n" for row in range(60))
    with pytest.raises(TableError) as caught:
        prepare(read(f"{names},y\n{lines}"), target="y")
    assert [len(caught.value.faults), caught.value.faults[-1].detail] == [21, "There are 10 more faults."]


def test_a_target_alone_and_a_target_that_is_not_there_are_refused() -> None:
    with pytest.raises(TableError, match="There is no column but the target"):
        prepare(read("y\n" + "0\n1\n" * 10), target="y")
    with pytest.raises(TableError, match='There is no column "z"'):
        prepare(read("y\n0\n1\n"), target="z")


def test_a_small_file_that_becomes_a_large_table_is_refused_before_it_does() -> None:
    lines = "".join(f"w{index % 300},{index % 2}\n" for index in range(4000))
    with pytest.raises(TableError, match=r"4,000 rows of 301 inputs, 4,816,000 bytes; at most 1,048,576 bytes"):
        prepare(read("w,y\n" + lines), target="y", max_bytes=1 << 20)


def test_what_does_not_vary_in_train_is_noted_on_the_card() -> None:
    train = "x,flag,same,w,y\n" + "".join(f"{index},0,7,{'ab'[index % 2]},{index // 3 % 2}\n" for index in range(19))
    dev = "x,flag,same,w,y\n1,1000,7,a,0\n2,0,7,c,1\n"
    dataset = prepare(Tables(read(train), read(dev)), target="y")
    notes = {(note["code"], *note["columns"]) for note in dataset.card["notes"]}
    assert notes == {("constant_input", "same"), ("constant_input", "flag"), ("unknown_words", "w")}
    assert small().card["notes"] == []
