"""Tests of the drift check: silent on random splits, and exact about what was planted."""

import json
from collections.abc import Callable, Sequence
from importlib.resources import files

import numpy as np
import pytest

from engine.data import NAMES, read_csv
from engine.data.parts.drift import FALSE_ALARMS, drift
from engine.data.parts.split import split_rows
from engine.data.table import CategoricalColumn, Column, NumericColumn, take_rows
from engine.data.target import read_target

ROWS = {"train": 700, "dev": 150, "test": 150}
Parts = dict[str, list[Column]]


def columns(rows: int, rng: np.random.Generator) -> list[Column]:
    """Numbers, with and without missing cells, and words from two to many, rare ones among them."""
    gaps = np.where(rng.random(rows) < 0.2, np.nan, rng.normal(size=rows))
    many = rng.zipf(1.6, rows).clip(max=40).astype(str).astype(object)
    many[rng.random(rows) < 0.05] = None
    return [
        NumericColumn("plain", rng.normal(50.0, 10.0, rows)),
        NumericColumn("rounded", rng.normal(0.0, 2.0, rows).round()),
        NumericColumn("gaps", gaps),
        CategoricalColumn("colour", rng.choice(np.array(["red", "green", "blue"], np.object_), rows)),
        CategoricalColumn("many", many),
    ]


def parts(seed: int, rows: dict[str, int] = ROWS) -> Parts:
    rng = np.random.default_rng(seed)
    return {part: columns(count, rng) for part, count in rows.items()}


def shifted(column: Column) -> Column:
    assert isinstance(column, NumericColumn)
    return NumericColumn(column.name, column.values + 8.0)


def emptied(column: Column) -> Column:
    """A tenth of the cells is missing."""
    assert isinstance(column, NumericColumn)
    return NumericColumn(column.name, np.where(np.arange(len(column.values)) % 10 == 0, np.nan, column.values))


def recoloured(column: Column) -> Column:
    """Four fifths of what was blue are red."""
    words = np.array(
        [word if row % 5 == 0 else {"blue": "red"}.get(word, word) for row, word in enumerate(column.values)]
    )
    return CategoricalColumn(column.name, words.astype(np.object_))


def forgotten(column: Column) -> Column:
    """A third of the words is missing."""
    words = [None if row % 3 == 0 else word for row, word in enumerate(column.values)]
    return CategoricalColumn(column.name, np.array(words, np.object_))


@pytest.mark.parametrize("name", NAMES)
def test_a_random_split_of_a_builtin_gives_no_warning_but_in_a_few_per_cent(name: str) -> None:
    content = files("engine.data.builtin").joinpath(f"{name}.csv.gz").read_bytes()
    table = read_csv(content, max_bytes=1 << 24)
    target = read_target(table.take("target")[0], table, None)
    warned = 0
    for seed in range(100):
        split = split_rows(target, seed)
        rows = {"train": split.train, "dev": split.dev, "test": split.test}
        found = drift({part: [take_rows(column, chosen) for column in table.columns] for part, chosen in rows.items()})
        warned += bool(found["warnings"])
    assert warned <= 3


@pytest.mark.parametrize("size", [40, 150, 1000])
def test_parts_of_one_source_with_rare_words_and_gaps_are_warned_of_in_a_few_per_cent(size: int) -> None:
    rows = {"train": size * 7 // 10, "dev": size * 3 // 20, "test": size * 3 // 20}
    warned = sum(bool(drift(parts(seed, rows))["warnings"]) for seed in range(200))
    assert warned <= 6  # 1 % are allowed: more than six of 200 would be a chance of one in two hundred
    assert FALSE_ALARMS == 0.01


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(
    ("place", "change", "statistic"),
    [
        (0, shifted, "kolmogorov_smirnov"),
        (0, emptied, "missing_share"),
        (3, recoloured, "total_variation"),
        (3, forgotten, "total_variation"),
    ],
)
@pytest.mark.parametrize("part", ["dev", "test"])
def test_a_planted_drift_is_named_with_column_statistic_and_parts(
    seed: int, place: int, change: Callable[[Column], Column], statistic: str, part: str
) -> None:
    given = parts(seed)
    given[part][place] = change(given[part][place])
    found, name = drift(given), given[part][place].name
    pairs = [["train", "dev"], ["dev", "test"]] if part == "dev" else [["dev", "test"], ["train", "test"]]
    assert len(found["warnings"]) in (1, 2)  # dev and test are small, and may be too small
    for warning in found["warnings"]:
        assert f'"{name}"' in warning
        assert "in 1 of 5 columns" in warning
        assert any(f"The distributions of {first} and {second} differ " in warning for first, second in pairs)
    worst = found["columns"][0]
    assert (worst["column"], worst["statistic"]) == (name, statistic)
    assert worst["parts"] in pairs
    assert worst["value"] >= 0.05
    assert worst["p_value"] < 1e-3


def test_the_sentence_says_how_far_how_sure_and_what_to_do() -> None:
    given = parts(0)
    given["dev"][0] = shifted(given["dev"][0])
    first, second = drift(given)["warnings"]
    assert first.startswith(
        'The distributions of train and dev differ in 1 of 5 columns: "plain" (Kolmogorov-Smirnov distance 0.'
    )
    assert first.endswith("What is learned from train may not hold for dev: take both from one source, or shuffle.")
    assert second.endswith("What is best for dev may not be for test: take both from one source.")


def test_many_columns_are_counted_and_the_worst_ten_are_shown_once_each() -> None:
    rng = np.random.default_rng(0)

    def numbers(rows: int, step: float) -> list[Column]:
        return [NumericColumn(f"n{column}", rng.normal(step * column, 1.0, rows)) for column in range(15)]

    found = drift({"train": numbers(700, 0.0), "dev": numbers(150, 0.4), "test": numbers(150, 0.0)})
    assert "; and " in found["warnings"][0]
    names = [column["column"] for column in found["columns"]]
    assert len(names) == len(set(names)) == 10
    assert "n14" in names[:3]
    assert not {"n0", "n1"} & set(names)
    ordered = [column["p_value"] for column in found["columns"]]
    assert ordered == sorted(ordered)


def test_without_a_test_part_only_train_and_dev_are_compared() -> None:
    given = parts(0)
    given["dev"][0] = shifted(given["dev"][0])
    given["test"] = [take_rows(column, np.arange(0)) for column in given["test"]]
    found = drift(given)
    assert len(found["warnings"]) == 1
    assert {tuple(column["parts"]) for column in found["columns"]} == {("train", "dev")}


def test_a_part_without_a_single_value_is_told_by_its_missing_cells() -> None:
    given = parts(0)
    given["dev"][0] = NumericColumn("plain", np.full(150, np.nan))
    worst = drift(given)["columns"][0]
    assert (worst["column"], worst["statistic"], worst["value"]) == ("plain", "missing_share", 1.0)


def test_a_difference_that_is_sure_but_small_is_shown_and_not_warned_of() -> None:
    rng = np.random.default_rng(0)
    rows = {"train": 0.0, "dev": 0.14, "test": 0.0}
    found = drift({part: [NumericColumn("n", rng.normal(shift, 1.0, 5000))] for part, shift in rows.items()})
    assert found["columns"][0]["p_value"] < 1e-9
    assert found["warnings"] == []


def test_a_large_part_is_judged_by_some_of_its_rows_and_always_by_the_same() -> None:
    rows = {"train": 20_000, "dev": 6000, "test": 6000}
    given = parts(0, rows)
    assert drift(given)["warnings"] == []
    given["test"][0] = shifted(given["test"][0])
    assert drift(given) == drift(given)
    assert len(drift(given)["warnings"]) == 2


@pytest.mark.parametrize("seed", range(5))
def test_the_answer_is_strict_json(seed: int) -> None:
    found = drift(parts(seed))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found.keys() == {"warnings", "columns"}
    keys: Sequence[str] = ("column", "parts", "statistic", "value", "p_value")
    assert all(tuple(column) == keys for column in found["columns"])
