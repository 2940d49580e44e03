"""Tests of cursors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidRequest, Malformed
from app.services.cursors import decode, decode_all, encode

keys = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text()


@given(key=keys, number=st.integers(0, 2**63 - 1))
def test_a_cursor_gives_back_its_place(key: object, number: int) -> None:
    cursor = encode("trials", key, number)
    assert decode_all(cursor, "trials", 2) == [key, number]
    assert cursor.isascii()
    assert "=" not in cursor


def test_a_cursor_of_another_list_is_refused_with_a_way_out() -> None:
    with pytest.raises(Malformed, match="leave it out to start from the first page"):
        decode(encode("sweeps", "swp_1"), "datasets", str)


@given(st.text(max_size=40))
def test_made_up_cursors_are_refused(cursor: str) -> None:
    with pytest.raises(Malformed):
        decode_all(cursor, "trials", 2)


def test_a_cursor_of_the_wrong_kind_or_length_is_refused() -> None:
    for place in ([7], [True], [None], ["a", "b"], []):
        with pytest.raises(Malformed):
            decode(encode("sweeps", *place), "sweeps", str)
    with pytest.raises(Malformed):
        decode(encode("curve", True), "curve", int)


@pytest.mark.parametrize("text", ["\ud800", "adam\udfff"])
def test_a_cursor_with_half_of_a_surrogate_pair_is_a_fault_of_the_request(text: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        decode_all(encode("trials", text, 1), "trials", 2)
    assert [fault.pointer for fault in caught.value.faults] == ["/cursor"]
