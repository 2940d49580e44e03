"""Tests of how columns become inputs."""

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import Table, TableError
from engine.data.encoding import (
    CategoricalEncoding,
    NumericEncoding,
    encode,
    feature_faults,
    fit,
    from_card,
    rare_categories,
)
from engine.data.notes import gathered
from engine.data.table import CategoricalColumn, NumericColumn
from tests.engine.data.tables import mixed_tables


def numbers(values: list[float]) -> NumericColumn:
    return NumericColumn("n", np.array(values, np.float64))


def words(values: Sequence[str | None]) -> CategoricalColumn:
    return CategoricalColumn("w", np.array(values, np.object_))


def refusals(*columns: NumericColumn | CategoricalColumn) -> list[str]:
    rows = len(columns[0].values) if columns else 3
    return [fault.detail for fault in feature_faults(Table(columns, range(rows), "row"))]


def test_a_missing_number_becomes_the_median_of_train_and_raises_its_flag() -> None:
    encoding = NumericEncoding.fit(numbers([1.0, math.nan, 5.0, 100.0]))
    assert encoding == NumericEncoding("n", 5.0, flag=True)
    assert encoding.encode(numbers([math.nan, 7.0])).tolist() == [[5.0, 1.0], [7.0, 0.0]]


def test_without_missing_cells_in_train_there_is_no_flag_and_the_median_still_fills() -> None:
    encoding = NumericEncoding.fit(numbers([1.0, 2.0, 4.0]))
    assert encoding.width == 1
    assert encoding.encode(numbers([math.nan])).tolist() == [[2.0]]


def test_a_column_without_numbers_in_train_is_filled_with_zero() -> None:
    assert NumericEncoding.fit(numbers([math.nan, math.nan])).encode(numbers([math.nan, 3.0])).tolist() == [
        [0.0, 1.0],
        [3.0, 0.0],
    ]


def test_unknown_and_missing_words_go_to_the_last_input() -> None:
    encoding = CategoricalEncoding.fit(words(["b", None, "a", "b"]))
    assert encoding.categories == ("a", "b")
    assert encoding.encode(words(["a", "b", "new", None])).tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]]


def test_a_column_without_words_in_train_has_one_input() -> None:
    encoding = CategoricalEncoding.fit(words([None, None]))
    assert encoding.encode(words(["new"])).tolist() == [[1.0]]


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=1), st.lists(st.text(max_size=2), min_size=1))
def test_each_row_of_words_has_one_input_that_is_one_the_last_if_train_has_not_its_word(
    train: list[str | None], others: list[str]
) -> None:
    encoding, rows = CategoricalEncoding.fit(words(train)), [*train, *others]
    inputs = encoding.encode(words(rows))
    assert inputs.dtype == np.float32
    assert inputs.shape == (len(rows), len(set(train) - {None}) + 1)
    assert np.all(inputs.sum(axis=1) == 1.0)
    assert np.all((inputs == 0.0) | (inputs == 1.0))
    for word, place in zip(rows, inputs.argmax(axis=1), strict=True):
        expected = encoding.categories[place] if place < len(encoding.categories) else None
        assert expected == (word if word in train else None)


cells = st.lists(st.none() | st.floats(-1e6, 1e6), min_size=1, max_size=40)


@settings(deadline=None)
@given(cells, cells)
def test_missing_numbers_become_the_median_of_train_with_a_flag_if_train_has_gaps(
    train: list[float | None], others: list[float | None]
) -> None:
    column, rows = ([math.nan if cell is None else cell for cell in part] for part in (train, others))
    inputs = NumericEncoding.fit(numbers(column)).encode(numbers(rows))
    there = [cell for cell in train if cell is not None]
    fill = np.float32(statistics.median(there) if there else 0.0)
    assert inputs[:, 0].tolist() == [fill if cell is None else np.float32(cell) for cell in others]
    flags = [inputs[:, 1].tolist()] if inputs.shape[1] == 2 else []
    assert flags == ([[float(cell is None) for cell in others]] if None in train else [])


@settings(deadline=None)
@given(mixed_tables())
def test_cards_are_strict_json_and_bring_back_the_encoding(table: Table) -> None:
    for encoding in fit(table.columns):
        card = json.loads(json.dumps(encoding.card(), allow_nan=False))
        assert from_card(card) == encoding


@settings(deadline=None)
@given(mixed_tables())
def test_inputs_stand_in_the_order_of_the_columns(table: Table) -> None:
    encodings = fit(table.columns)
    inputs = encode(encodings, table.columns).x
    assert inputs.shape == (len(table), sum(encoding.width for encoding in encodings))
    start = 0
    for encoding, column in zip(encodings, table.columns, strict=True):
        np.testing.assert_array_equal(inputs[:, start : start + encoding.width], encoding.encode(column))
        start += encoding.width


def test_a_column_of_another_kind_than_learned_is_refused() -> None:
    with pytest.raises(TableError, match='The column "n" holds words; the network learned it as numbers'):
        NumericEncoding.fit(numbers([1.0])).encode(words(["a"]))
    with pytest.raises(TableError, match='The column "w" holds numbers; the network learned it as words'):
        CategoricalEncoding.fit(words(["a"])).encode(numbers([1.0]))


def test_a_column_with_many_words_that_mostly_come_once_looks_like_an_identifier() -> None:
    many = [str(value) for value in range(1001)]
    (fault,) = refusals(words([*many, *many[:300]]))
    assert fault == (
        'The column "w" has 1,001 different words, and most cells hold one that comes once. It looks like an '
        "identifier: leave it out with ignore."
    )
    assert refusals(words(many * 2)) == []
    assert refusals(words(many[:1000] * 2)) == []


def test_the_rarest_words_share_an_input_and_words_are_chosen_by_count_and_then_by_name() -> None:
    often = [f"w{value:04}" for value in range(999)] * 3
    encoding = CategoricalEncoding.fit(words([*often, "b", "a", "c", "c", "other", None]))
    assert encoding.other
    assert len(encoding.categories) == 1000
    assert {"a", "b", "other"} & set(encoding.categories) == set()
    assert encoding.width == 1002
    places = encoding.encode(words(["w0000", "c", "a", "b", "other", "new", None])).argmax(axis=1).tolist()
    assert places == [1, 0, 1000, 1000, 1000, 1000, 1001]
    by_name = CategoricalEncoding.fit(words([*often, "b", "a"]))
    assert "a" in by_name.categories
    assert "b" not in by_name.categories


def test_a_word_called_other_has_an_input_of_its_own_beside_that_of_all_others() -> None:
    often = [*[f"w{value:04}" for value in range(999)], "other"] * 2
    encoding = CategoricalEncoding.fit(words([*often, "rare", "rarer"]))
    own, shared, missing = encoding.encode(words(["other", "rare", None])).argmax(axis=1).tolist()
    assert (encoding.categories[own], shared, missing) == ("other", 1000, 1001)


def test_columns_whose_rare_words_share_an_input_are_noted_together() -> None:
    many = CategoricalColumn("m", np.array([str(value) for value in range(1001)] * 2, np.object_))
    (remark, other) = rare_categories(fit([many, replace(many, name="n"), words(["a"])]))
    assert [note.columns for note in gathered([remark, other])] == [("m", "n")]


def test_a_column_in_which_no_word_repeats_looks_like_an_identifier() -> None:
    names: list[str | None] = [str(value) for value in range(51)]
    assert "has 51 words and none of them twice" in refusals(words([*names, None]))[0]
    assert refusals(words([*names, "0"])) == []
    assert refusals(words(names[:50])) == []


def test_a_column_without_values_is_refused() -> None:
    nothing = "The column {} has no values at all. Leave it out."
    empty = NumericColumn("x", np.array([math.nan, math.nan]))
    assert refusals(numbers([1.0, 2.0]), empty, words([None, None])) == [nothing.format('"x"'), nothing.format('"w"')]


def test_a_table_without_features_is_refused() -> None:
    assert refusals() == [
        "There is no column but the target, and group and order are no inputs. Add columns to predict it from."
    ]
