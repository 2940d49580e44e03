"""Tests of tables from NPZ files: numbers, targets, missing cells, and the faults of what the arrays hold."""

import io
import tracemalloc
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.data.table import CategoricalColumn
from tests.engine.data.files.npz_files import X, Y, faults_of, matrix, npz, read, rows


@pytest.mark.parametrize("kind", ["?", "u1", "<i4", ">i8", "<f2", ">f4", "f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_features_of_every_plain_type_and_order_are_read(kind: str, order: Any) -> None:
    x = np.asarray(X.astype(kind), order=order)
    table = read(npz(x))
    np.testing.assert_array_equal(matrix(table), x.astype(np.float64))
    assert [column.name for column in table.columns] == ["x_0", "x_1", "y"]
    assert table.place(3) == "row 3"


def test_a_column_of_targets_is_read_as_targets() -> None:
    assert list(read(npz(y=Y[:, np.newaxis])).columns[-1].values) == list(Y)
    assert list(read(npz(y=np.array(["a", "b"] * 3)[:, np.newaxis])).columns[-1].values) == ["a", "b"] * 3


def test_a_one_for_each_class_is_no_target() -> None:
    (fault,) = faults_of(npz(y=np.eye(2)[Y]))
    assert fault.endswith("one value for each row: if its columns are classes, send argmax(axis=1) of it.")


def test_bytes_are_held_as_they_lie_in_the_file() -> None:
    table = read(npz(rows((4, 3), np.uint8)))
    assert table.block is not None
    assert table.block.dtype == np.uint8
    assert all(np.shares_memory(column.values, table.block) for column in table.columns[:-1])
    assert not any(column.missing.any() for column in table.columns)
    assert read(npz(rows((4, 3), np.int16))).block is None


def test_a_signalling_nan_is_missing_as_well() -> None:
    x = np.zeros((6, 2), "<f4")
    x.view("<u4")[0, 0] = 0x7F800001
    assert read(npz(x)).columns[0].missing.tolist() == [True] + [False] * 5


def test_nan_is_a_missing_feature() -> None:
    x = X.copy()
    x[1, 1] = np.nan
    assert read(npz(x)).columns[1].missing.tolist() == [False, True, False, False, False, False]


@pytest.mark.parametrize(
    ("y", "expected"),
    [(np.array(["a", "b"] * 3), ["a", "b"] * 3), (np.array([True, False] * 3), ["true", "false"] * 3)],
)
def test_text_and_truth_values_are_categorical_targets(y: NDArray[Any], expected: list[str]) -> None:
    target = read(npz(y=y)).columns[-1]
    assert isinstance(target, CategoricalColumn)
    assert list(target.values) == expected


def test_big_endian_text_is_read() -> None:
    target = read(npz(y=np.array(["ä", "ß"] * 3).astype(">U3"))).columns[-1]
    assert list(target.values) == ["ä", "ß"] * 3


@pytest.mark.parametrize(
    ("x", "y", "rules"),
    [
        (X, Y[:5], ["x has 6 rows and y has 5"]),
        (X[:, 0], Y, ["The array x has the shape (6,), but it needs rows and features"]),
        (np.array(1.0), np.array(1.0), ["x has the shape ()", "y has the shape ()"]),
        (X, X, ["y has the shape (6, 2), but it needs one value for each row"]),
        (X.astype(str), X, ["features are numbers", "y has the shape"]),
        (np.zeros((6, 100_001), np.bool_), Y, ["100,001 features in a row", "numbers; at most 262,144"]),
    ],
)
def test_shapes_and_types_that_do_not_fit_are_all_named(x: Any, y: Any, rules: list[str]) -> None:
    found = faults_of(npz(x, y))
    assert len(found) == len(rules)
    assert all(rule in fault for rule, fault in zip(rules, found, strict=True))


def test_numbers_that_a_network_cannot_hold_and_missing_ones_are_all_named_with_their_places() -> None:
    x = X.copy()
    x[2, 1], x[4, 0] = np.inf, -1e39
    y = np.array([0.0, np.nan, 1.0, np.inf, 0.0, 1.0])
    found = faults_of(npz(x, y))
    rule = "which is not a number between -3.4e+38 and 3.4e+38; NaN stands for missing."
    assert found == [
        f"The array x holds inf in row 2, feature 1, {rule}",
        f"The array x holds -1e+39 in row 4, feature 0, {rule}",
        f"The array y holds inf in row 3, {rule}",
        'The target "y" is missing in row 1. Fill it in, leave such rows out with missing_target=drop, or say '
        "with missing what counts as missing, if it is a class.",
    ]


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.full((1000, 100), np.inf), np.zeros(1000)),
        (np.zeros((100_000, 1), np.uint8), np.full(100_000, np.inf)),
        (np.zeros((100_000, 1), np.uint8), np.full(100_000, np.nan)),
    ],
)
def test_a_small_file_with_many_faults_costs_little_memory(x: NDArray[Any], y: NDArray[Any]) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=x, y=y)
    content = buffer.getvalue()
    tracemalloc.start()
    try:
        found = faults_of(content)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    assert found[20:] == [f"There are {100_000 - 20:,} more faults."]


def test_empty_text_is_a_missing_target() -> None:
    assert "missing in row 1" in faults_of(npz(y=np.array(["a", "", "b", "a", "b", "a"])))[0]
