"""Tests of whole numbers that float64 takes for one."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data import TableError, read_csv, read_npz
from engine.data.columns.whole_numbers import EXACT, merged_integers, merged_words
from engine.data.said import Said

LARGE = EXACT * 4
integers = st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(EXACT - 4, EXACT + 4), max_size=20)


@given(integers)
def test_two_are_named_if_and_only_if_there_are_two_that_are_one_in_float64(values: list[int]) -> None:
    merge = len({float(value) for value in values}) < len(set(values))
    for found in (merged_words([str(value) for value in values]), merged_integers(np.array(values, np.int64))):
        assert (found is not None) == merge
        if found:
            assert found[0] != found[1]
            assert float(found[0]) == float(found[1])
            assert {*found} <= {*values}


def test_what_is_no_whole_number_is_left_to_others() -> None:
    assert merged_words(["9007199254740993.5", "9007199254740993.0", "a" * 20, "", "1e20", "1" * 50, "1" * 51]) is None
    assert merged_integers(np.array([1e300, 2e300])) is None
    assert merged_integers(np.array([2**64 - 1, 2**64 - 2], np.uint64)) == (2**64 - 2, 2**64 - 1)


def refused(read: Any) -> list[str]:
    with pytest.raises(TableError) as caught:
        read()
    return [fault.detail for fault in caught.value.faults]


def csv(first: str) -> bytes:
    return f"id,x,y\n{first},1,a\n9007199254740993,2,b\n1,3,c\n".encode()


def test_a_column_of_a_table_is_refused_by_its_name_with_a_way_out() -> None:
    assert refused(lambda: read_csv(csv("9007199254740992"), max_bytes=1000)) == [
        'The column "id" holds 9007199254740992 and 9007199254740993, but float64 takes them for one number, as whole '
        "numbers are exact up to 9,007,199,254,740,992 only. Subtract an offset from all of them, or name the column "
        "in categorical or in ignore."
    ]
    named = read_csv(csv("9007199254740992"), max_bytes=1000, said=Said(categorical=["id"]))
    assert named.columns[0].values.tolist() == ["9007199254740992", "9007199254740993", "1"]
    assert len(read_csv(csv("9007199254740994"), max_bytes=1000)) == 3  # the two stay two


@pytest.mark.parametrize("kind", [np.int64, np.uint64])
def test_arrays_are_refused_by_feature_and_so_is_a_target(kind: type) -> None:
    x: np.ndarray = np.array([[1, LARGE], [2, LARGE + 1], [3, 4]], kind)
    file = io.BytesIO()
    np.savez(file, x=x, y=x[:, 1])
    found = refused(lambda: read_npz(file.getvalue(), max_bytes=10_000))
    assert [detail.partition(" holds ")[0] for detail in found] == ["The array y", "The array x, in feature 1,"]
    assert found[0].endswith("or give the classes names.")
