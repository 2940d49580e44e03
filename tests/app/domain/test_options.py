"""Tests of the options of kinds."""

from app.domain.options import Option, option_faults, settled
from app.domain.values import Value

KNOWN = {"eta": Option(3, 2, 1000, "how many share a place")}


def test_a_whole_number_may_be_written_with_a_point() -> None:
    assert settled({"kind": "some", "eta": 4.0}, KNOWN) == {"eta": 4}


def test_what_is_left_out_has_its_default() -> None:
    assert settled({"kind": "some"}, KNOWN) == {"eta": 3}


def test_a_fault_says_value_rule_meaning_and_default() -> None:
    (fault,) = option_faults("scheduler", {"kind": "some", "eta": 1}, KNOWN)
    assert (fault.pointer, fault.detail) == (
        "/scheduler/eta",
        'The option eta of the scheduler "some" cannot be 1; it must be a whole number from 2 to 1,000: '
        "how many share a place. Without it, it is 3.",
    )


def test_a_kind_without_options_says_to_remove_them() -> None:
    (fault,) = option_faults("sampler", {"kind": "some", "a/b": 1}, {})
    assert (fault.pointer, fault.detail) == ("/sampler/a~1b", 'The sampler "some" has no option "a/b". Remove it.')


def test_thousands_of_strange_options_are_counted_rather_than_told() -> None:
    posted: dict[str, Value] = {"kind": "some", **{f"option {number}": 1 for number in range(5000)}}
    assert sum(fault.count for fault in option_faults("sampler", posted, KNOWN)) == 5000
    assert len(list(option_faults("sampler", posted, KNOWN))) == 101
