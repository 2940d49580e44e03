"""Tests of NPZ files that hold train, dev and test as arrays of their own."""

import io
from typing import Any

import numpy as np
import pytest

from engine.data import read_npz
from tests.engine.data.files.npz_files import LIMIT, RULE, X, Y, faults_of, matrix, rows


def parts(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize("dev", [None, "dev", "val"])
@pytest.mark.parametrize("test", [True, False])
def test_parts_of_their_own_come_as_tables_of_their_own(dev: str | None, test: bool) -> None:
    x = {"train": rows((2, 2), np.uint8), "test": rows((2, 2), np.uint8)[:3] + 1, dev: rows((2, 2), np.uint8)[:2] + 2}
    names = ["train", *(["test"] if test else []), *([dev] if dev else [])]
    arrays = {f"{letter}_{name}": x[name] if letter == "x" else Y[: len(x[name])] for name in names for letter in "xy"}
    tables = read_npz(parts(**arrays), max_bytes=LIMIT)
    assert [*tables.separate()] == [*(["dev"] if dev else []), *(["test"] if test else [])]
    for name, table in (("train", tables.train), ("test", tables.test), (dev, tables.dev)):
        if table is not None:
            np.testing.assert_array_equal(matrix(table), x[name].reshape(len(x[name]), -1))
            assert table.image == (2, 2, 1)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["x_train"], [f"The array y_train is missing: {RULE}."]),
        (["x_test", "y_test"], [f"The array {name} is missing: {RULE}." for name in ("x_train", "y_train")]),
        (["x_train", "y_train", "y_test"], [f"The array x_test is missing: {RULE}."]),
        (
            ["x_train", "y_train", "x_dev", "y_dev", "x_val", "y_val"],
            ["There are x_dev and x_val, which are both the dev part. Leave one out."],
        ),
        (["images", "labels"], [
            f"The array x is missing: {RULE}.", f"The array y is missing: {RULE}.",
            f'The array "images" is not expected: {RULE}. Leave it out.',
            f'The array "labels" is not expected: {RULE}. Leave it out.',
        ]),
    ],
)  # fmt: skip  # a fault each
def test_arrays_that_make_up_no_parts_are_named(names: list[str], expected: list[str]) -> None:
    assert faults_of(parts(**dict.fromkeys(names, X))) == expected


def test_faults_of_parts_name_their_arrays() -> None:
    found = faults_of(parts(x_train=X, y_train=Y[:5], x_test=X[:, 0], y_test=X))
    assert [fault.split(" ", 3)[2] for fault in found] == ["differ", "x_test", "y_test"]
    (other,) = faults_of(parts(x_train=X, y_train=Y, x_test=X[:, :1], y_test=Y))
    assert other == "The array x_test has rows of the shape (1,), and those of x_train have (2,). Reshape it."
    (missing,) = faults_of(parts(x_train=X, y_train=Y, x_test=X, y_test=np.where(Y == 1, np.nan, 0.0)))[:1]
    assert missing.startswith('The target "y" is missing in row 1 of y_test. Fill it in, leave such rows out with ')
