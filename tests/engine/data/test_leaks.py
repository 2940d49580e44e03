"""Tests of the leaks that are named."""

from typing import Any

import numpy as np
import pytest

from engine.data import Cut, Table, Tables, load_builtin, prepare, read_csv
from engine.data.leaks import copy_notes, input_notes
from engine.data.table import CategoricalColumn, Column, NumericColumn
from engine.data.target import Target, read_target

ROWS = 200
RNG = np.random.default_rng(0)
NOISE = RNG.normal(size=ROWS)
LABELS = RNG.integers(0, 3, ROWS)


def numbers(name: str, values: Any) -> Column:
    return NumericColumn(name, np.asarray(values, np.float64))


def words(name: str, values: Any) -> Column:
    return CategoricalColumn(name, np.array(list(values), np.object_))


def codes(column: Column, target: Column | None = None, task: str | None = None) -> list[str]:
    """The codes of the notes on a column beside one of noise."""
    y = target or numbers("y", LABELS)
    table = Table((column, numbers("noise", NOISE)), range(len(y.values)), "row")
    notes = list(input_notes(table, read_target(y, table, task)))
    assert all(note.columns == (column.name,) and column.name in note.detail for note in notes)
    return [note.code for note in notes]


def test_columns_of_one_kind_are_named_in_one_note() -> None:
    columns = tuple(numbers(f"id {place}", np.arange(ROWS) * place) for place in range(1, 8))
    (note,) = input_notes(Table(columns, range(ROWS), "row"), Target("multiclass", LABELS, ("0", "1", "2")))
    assert note.columns == tuple(f"id {place}" for place in range(1, 8))
    assert '"id 4", "id 5" and 2 more. All they can teach' in note.detail


@pytest.mark.parametrize(
    ("values", "numbered"),
    [
        (np.arange(ROWS), True),
        (np.arange(ROWS) + 1, True),
        (np.arange(ROWS)[::-1] * 10 + 7, True),
        (np.linspace(0.0, 1.0, ROWS), True),
        (1e9 + np.arange(ROWS), True),
        (RNG.permutation(ROWS) + 1000, True),
        (np.where(np.arange(ROWS) == 150, 151, np.arange(ROWS)), False),
        (np.where(np.arange(ROWS) == 150, np.nan, np.arange(ROWS)), False),
        (np.zeros(ROWS), False),
        (np.arange(ROWS) // 2, False),
        (RNG.permutation(ROWS) * 2, False),
        (RNG.permutation(ROWS) + 0.5, False),
        (NOISE, False),
    ],
)
def test_a_column_that_numbers_the_rows_is_named(values: Any, numbered: bool) -> None:
    assert codes(numbers("id", values)) == (["row_number"] if numbered else [])


def test_bytes_that_begin_again_at_256_do_not_number_the_rows() -> None:
    column = NumericColumn("pixel", np.arange(1000).astype(np.uint8))
    assert codes_of(column, numbers("y", np.arange(1000) % 3)) == []


def test_columns_of_few_rows_are_not_judged() -> None:
    assert codes(numbers("id", np.arange(10)), numbers("y", [0, 1] * 5)) == []


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([f"name {row}" for row in range(ROWS)], True),
        ([f"name {row * 3 // 5}" for row in range(ROWS)], True),
        ([None if row % 4 else f"name {row}" for row in range(ROWS)], True),
        ([f"name {row // 2}" for row in range(ROWS)], False),
        (["red"] * ROWS, False),
    ],
)
def test_words_nearly_all_different_are_named(values: list[str | None], told: bool) -> None:
    assert codes(words("name", values)) == (["nearly_unique_words"] if told else [])


PRICE = RNG.normal(100.0, 20.0, ROWS)
STARS = RNG.integers(1, 6, ROWS)


@pytest.mark.parametrize(
    ("column", "target", "task", "told"),
    [
        (numbers("x", PRICE), numbers("y", PRICE), None, True),
        (numbers("x", 32.0 + 1.8 * PRICE), numbers("y", PRICE), None, True),
        (numbers("x", np.where(np.arange(ROWS) < 50, np.nan, -PRICE)), numbers("y", PRICE), None, True),
        (numbers("x", PRICE + 0.01 * NOISE), numbers("y", PRICE), None, False),
        (numbers("x", np.where(np.arange(ROWS) < 150, np.nan, PRICE)), numbers("y", PRICE), None, False),
        (numbers("x", np.exp(STARS)), numbers("y", STARS), "regression", True),
        (words("x", [f"{stars} of 5" for stars in STARS]), numbers("y", STARS), "regression", True),
        (numbers("x", LABELS * 10), words("y", [f"kind {label}" for label in LABELS]), None, True),
        (words("x", [None if label == 1 else f"{label}" for label in LABELS]), numbers("y", LABELS), None, True),
        (numbers("x", np.where(LABELS == 1, np.nan, LABELS)), numbers("y", LABELS), None, True),
        (numbers("x", np.minimum(LABELS, 1)), numbers("y", LABELS), None, False),
        (numbers("x", np.where(np.arange(ROWS) == 77, 9, LABELS)), numbers("y", LABELS), None, False),
        (numbers("x", np.where(np.arange(ROWS) == 77, (LABELS + 1) % 3, LABELS)), numbers("y", LABELS), None, False),
    ],
)
def test_an_input_that_equals_the_target_is_named(column: Column, target: Column, task: str | None, told: bool) -> None:
    assert codes(column, target, task) == (["input_equals_target"] if told else [])


def test_a_leak_that_no_sample_shows_is_named_and_what_only_a_sample_shows_is_not() -> None:
    many = 5000
    rare = (np.arange(many) % 1999 == 1).astype(np.float64)  # no such row among each fifth
    labels = words("y", np.where(rare == 1.0, "yes", "no"))
    assert codes_of(numbers("x", rare), labels) == ["input_equals_target"]
    assert codes_of(numbers("x", np.where(np.arange(many) == 7, 1.0, rare)), labels) == []


def codes_of(column: Column, target: Column) -> list[str]:
    table = Table((column,), range(len(column.values)), "row")
    return [note.code for note in input_notes(table, read_target(target, table, None))]


def parts(train: Any, dev: Any, test: Any) -> dict[str, np.ndarray]:
    return {
        name: np.array(rows, np.float32)
        for name, rows in zip(("train", "dev", "test"), (train, dev, test), strict=True)
    }


def test_copies_of_training_rows_are_counted_with_and_without_their_target() -> None:
    x = parts([[1, 0], [2, 0], [3, -0.0]], [[1, 0], [2, 0], [3, 0], [4, 0]], [[5, 0], [1, 0]])
    y = parts([0, 1, 0], [0, 0, 0, 0], [1, 0])
    dev, test = copy_notes(x, y, [])
    assert (dev.code, dev.columns, test.code) == ("copied_rows", (), "copied_rows")
    assert dev.detail.startswith(
        "Of the 4 rows of dev, 3 (75.0%) have the inputs of a training row, 2 its target as well"
    )
    assert test.detail.startswith("Of the 2 rows of test, 1 (50.0%) have the inputs of a training row, 1 its target as")
    assert (
        list(
            copy_notes(
                x | {"dev": x["dev"][3:], "test": x["test"][:0]}, y | {"dev": y["dev"][3:], "test": y["test"][:0]}, []
            )
        )
        == []
    )


def read(text: str) -> Table:
    return read_csv(text.encode(), max_bytes=1 << 20)


def table(first: int, rows: int) -> Table:
    return read(
        "n,w,y\n" + "".join(f"{row * 7919 % 1009},{'ab'[row % 2]},{row % 3}\n" for row in range(first, first + rows))
    )


def notes(tables: Tables, cut: Cut | None = None) -> list[tuple[str, str]]:
    card = prepare(tables, target="y", task="classification", cut=cut).card
    return [(note["code"], note["detail"].partition(",")[0]) for note in card["notes"]]


def test_one_file_sent_as_two_parts_is_named() -> None:
    train, other, third = table(0, 60), table(60, 30), table(90, 30)
    assert notes(Tables(train, other, third)) == []
    assert notes(Tables(train, train, other)) == [("same_file", "file and dev_file hold the same rows")]
    assert notes(Tables(train, other, other)) == [("same_file", "dev_file and test_file hold the same rows")]
    assert notes(Tables(train, dev=train), Cut((0.8, 0.0, 0.2))) == [
        ("same_file", "file and dev_file hold the same rows")
    ]
    assert [code for code, _ in notes(Tables(train, train, train))] == ["same_file"] * 3
    half = Tables(train, table(30, 60))
    assert notes(half) == [("copied_rows", "Of the 60 rows of dev")]


@pytest.mark.parametrize(("name", "codes"), [("wine", []), ("iris", ["copied_rows"])])
def test_the_twin_flowers_of_iris_are_named(name: str, codes: list[str]) -> None:
    assert [note["code"] for note in load_builtin(name).card["notes"]] == codes
