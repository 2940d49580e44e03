"""Tests of faults and pointers."""

from app.domain.errors import Fault, InvalidRequest, pointer


def test_a_pointer_escapes_its_tokens_after_rfc_6901() -> None:
    assert pointer("space", "a/b", 0, "m~n") == "/space/a~1b/0/m~0n"
    assert pointer() == ""


def test_an_invalid_request_speaks_for_one_fault_and_counts_several() -> None:
    one, two = Fault("/a", "a is wrong."), Fault("/b", "b is wrong.")
    assert str(InvalidRequest([one])) == "a is wrong."
    assert str(InvalidRequest([one, two])) == "The request has 2 faults."
    assert InvalidRequest([one, two]).faults == (one, two)
