"""Tests of faults and pointers."""

import json

from app.domain.errors import MOST_FAULTS, Fault, InvalidRequest, faults_of, pointer, show


def test_a_pointer_escapes_its_tokens_after_rfc_6901() -> None:
    assert pointer("space", "a/b", 0, "m~n") == "/space/a~1b/0/m~0n"
    assert pointer() == ""


def test_an_invalid_request_speaks_for_one_fault_and_counts_several() -> None:
    one, two = Fault("/a", "a is wrong."), Fault("/b", "b is wrong.")
    assert str(InvalidRequest([one])) == "a is wrong."
    assert str(InvalidRequest([one, two])) == "The request has 2 faults."
    assert InvalidRequest([one, two]).faults == (one, two)


def test_a_long_token_of_a_pointer_and_a_long_value_are_cut() -> None:
    assert pointer("x" * 200) == "/" + "x" * 200
    assert pointer("x" * 1_000_000) == "/" + "x" * 197 + "..."
    assert show({"a": [1, True, None, "é"]}) == '{"a": [1, true, null, "é"]}'
    assert show("x" * 78) == json.dumps("x" * 78)
    assert show("x" * 1_000_000) == '"' + "x" * 76 + "..."
    assert show(list(range(1_000_000))) == json.dumps(list(range(100)))[:77] + "..."


def test_a_hundred_faults_are_told_and_the_rest_counted() -> None:
    faults = [Fault(f"/{number}", f"{number} is wrong.") for number in range(250)]
    error = InvalidRequest(faults)
    assert error.faults == (*faults[:MOST_FAULTS], Fault("", "There are 150 more faults.", 150))
    assert str(error) == "The request has 250 faults, of which the first 100 are listed."
    assert len(InvalidRequest(faults[:100]).faults) == 100
    assert InvalidRequest(faults[:101]).faults[-1].detail == "There is 1 more fault."


def test_counts_add_up_when_faults_are_put_together() -> None:
    some = [Fault(f"/{number}", "It is wrong.") for number in range(120)]
    again = InvalidRequest([*InvalidRequest(some).faults, *InvalidRequest(some).faults])
    assert again.faults[-1] == Fault("", "There are 140 more faults.", 140)
    assert len(again.faults) == MOST_FAULTS + 1


def test_only_the_faults_that_are_told_are_written() -> None:
    written = list[int]()

    def fault(number: int) -> Fault:
        written.append(number)
        return Fault(f"/{number}", "It is wrong.")

    found = list(faults_of(range(64_000), fault))
    assert written == list(range(MOST_FAULTS))
    assert found[-1] == Fault("", "There are 63,900 more faults.", 63_900)
    assert list(faults_of(range(3), fault)) == [Fault(f"/{number}", "It is wrong.") for number in range(3)]
