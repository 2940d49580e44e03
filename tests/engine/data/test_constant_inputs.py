"""Tests of what is noted of columns that do not vary in the training part."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.constant_inputs import constant_notes
from engine.data.notes import Note
from engine.data.table import CategoricalColumn, Column, NumericColumn

Cells = Sequence[float] | Sequence[str | None]


def notes(train: Cells, dev: Cells) -> list[Note]:
    """The notes on one column called "c", of numbers or of words; test has no rows."""

    def column(cells: Cells) -> Column:
        if isinstance(train[0], float):
            return NumericColumn("c", np.array(cells, np.float64))
        return CategoricalColumn("c", np.array(cells, np.object_))

    return list(constant_notes({"train": [column(train)], "dev": [column(dev)], "test": [column(train[:0])]}))


def test_a_column_with_one_value_in_all_parts_is_noted() -> None:
    (note,) = notes([5.0, 5.0, math.nan], [5.0])
    assert note == Note(
        "constant_input",
        ("c",),
        'The training part has only one value in each of these columns, and so have dev and test: "c". Normalised, '
        "they count for nothing; otherwise they act as a bias.",
    )


def test_a_column_that_varies_only_in_dev_or_test_is_noted_as_such() -> None:
    (note,) = notes([0.0, 0.0, 0.0], [0.0, 1000.0])
    assert (note.code, note.columns) == ("constant_input", ("c",))
    assert note.detail == (
        'The training part has only one value in each of these columns, while dev or test have others: "c". No network '
        "can learn what those mean: normalised, they count for nothing."
    )


def test_words_are_constant_too_and_a_gap_among_words_is_a_value() -> None:
    assert [note.code for note in notes(["a", "a"], ["a"])] == ["constant_input"]
    assert "while dev or test have others" in notes(["a", "a"], ["b"])[0].detail
    assert notes(["a", None], ["a"]) == []


def test_a_word_or_a_gap_that_train_never_has_is_noted_with_its_column() -> None:
    (note,) = notes(["a", "b"], ["a", "violet"])
    assert (note.code, note.columns) == ("unknown_words", ("c",))
    assert '"c" ("violet")' in note.detail
    assert '"c" (a missing cell)' in notes(["a", "b"], [None])[0].detail
    assert notes(["a", "b", None], ["violet"]) == []  # the input of what is unknown is trained there


def test_numbers_that_vary_give_no_note() -> None:
    assert notes([1.0, 2.0], [3.0, math.nan]) == []


def test_numbers_within_the_rounding_of_their_source_are_one_value() -> None:
    near = np.array([1.0, 1.0 + 4 * float(np.spacing(np.float32(1.0)))])
    for source, codes in ((np.float32, ["constant_input"]), (np.float64, [])):
        parts = {part: [NumericColumn("c", near, np.dtype(source))] for part in ("train", "dev", "test")}
        assert [note.code for note in constant_notes(parts)] == codes


def test_a_column_without_values_in_train_is_constant() -> None:
    assert [note.code for note in notes([math.nan, math.nan], [1.0, 2.0])] == ["constant_input"]


def test_channels_of_images_are_constant_as_a_whole() -> None:
    pixels = [[0.0, 1.0], [5.0, 5.0], [2.0, 2.0], [5.0, 5.0]]  # two pixels of two channels
    train = [NumericColumn(f"x_{place}", np.array(cells)) for place, cells in enumerate(pixels)]
    (note,) = constant_notes({"train": train, "dev": train, "test": train}, (1, 2, 2))
    assert note.columns == ("x_1", "x_3")
    assert "each of these channels, and so have dev and test: 2." in note.detail


def test_many_columns_are_counted_in_the_sentence_and_all_named_beside_it() -> None:
    columns = [NumericColumn(str(place), np.zeros(3)) for place in range(9)]
    (note,) = constant_notes({"train": columns, "dev": columns, "test": columns})
    assert note.columns == tuple(str(place) for place in range(9))
    assert '"3", "4" and 4 more.' in note.detail


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([0.0, 1.0, math.nan]), min_size=1, max_size=6),
    st.lists(st.sampled_from([0.0, 1.0, 2.0, math.nan]), max_size=6),
)
def test_a_column_of_numbers_is_noted_if_and_only_if_train_has_at_most_one(
    train: list[float], dev: list[float]
) -> None:
    found = notes(train, dev)
    present = {cell for cell in train if not math.isnan(cell)}
    assert bool(found) == (len(present) <= 1)
    every = present | {cell for cell in dev if not math.isnan(cell)}
    assert any("have others" in note.detail for note in found) == (len(present) <= 1 and len(every) > 1)


@pytest.mark.parametrize("cells", [[], [math.nan]])
def test_parts_without_numbers_are_no_hindrance(cells: list[float]) -> None:
    assert notes([1.0, 2.0], cells) == []
