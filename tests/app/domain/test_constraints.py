"""Tests of constraints: what their grammar reads, when they hold, and where a text stops to be one."""

import operator
import re
from fractions import Fraction

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from app.domain.constraints import LONGEST, Constraint, Unreadable
from app.domain.values import Value

COMPARISONS = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "==": operator.eq,
    "!=": operator.ne,
}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("batch_size <= 4 * units", True),
        ("batch_size<4*units", False),
        ("batch_size - units - units == 64", True),
        ("batch_size / units / 2 == 2", True),
        ("2 + 3 * 4 == 14", True),
        ("(2 + 3) * 4 == 20", True),
        ("-units + 1 < 0", True),
        ("--units == units", True),
        ("2 * -units == -64", True),
        ("0.1 + 0.2 == 0.3", True),
        ("keep_prob + 0.2 == 0.3", True),
        ("1e-1 == .1", True),
        ("1 / 3 * 3 == 1.", True),
        ("units / (units - 32) > 0", False),
        ("units / (units - 32) <= 0", False),
        ("absent * 2 > units", True),
        ("activation > 3", True),
        ("batch_norm == 1", True),
    ],
)
def test_a_constraint_is_read_and_compared_as_in_arithmetic(text: str, holds: bool) -> None:
    values: dict[str, Value] = {
        "batch_size": 128,
        "units": 32,
        "keep_prob": 0.1,
        "activation": "relu",
        "batch_norm": True,
    }
    assert Constraint.parse(text).holds(values) is holds


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ("", 0, "it ends where a number"),
        ("units", 5, "it ends where a comparison"),
        ("units <=", 8, "it ends where a number"),
        ("units = 3", 6, '"=="'),
        ("units ** 2 > 3", 7, "a number, a name"),
        ("units > 3 > 2", 10, "second comparison"),
        ("units > 3 2", 10, "where the end"),
        ("(units > 3", 7, "opened at character 1"),
        ("units > 3)", 9, "where the end"),
        ("__import__('os') > 1", 11, "means nothing"),
        ("units > $x", 8, "means nothing"),
        ("units.real > 3", 5, "means nothing"),
        ("größe > 3", 2, "means nothing"),
        ("(" * 40 + "1" + ")" * 40 + " > 0", 32, "32 deep"),
        ("1 > " + "1+" * LONGEST, LONGEST, "at most 500"),
    ],
)
def test_a_fault_names_the_character_where_the_text_stops_to_be_a_constraint(text: str, at: int, said: str) -> None:
    with pytest.raises(Unreadable, match=re.escape(said)) as caught:
        Constraint.parse(text)
    assert caught.value.at == at


@given(st.text("ab1.e+-*/()<>=! ", max_size=40) | st.text(max_size=20))
def test_any_text_is_read_or_refused_at_one_of_its_characters(text: str) -> None:
    read = _read(text)
    if isinstance(read, Unreadable):
        event("refused")
        assert 0 <= read.at <= len(text)
    else:
        event("read")
        assert read.holds(dict.fromkeys(read.names, 1)) in {True, False}


def _read(text: str) -> Constraint | Unreadable:
    try:
        return Constraint.parse(text)
    except Unreadable as refused:
        return refused


sums = st.recursive(
    st.integers(0, 99).map(lambda number: (str(number), Fraction(number)))
    | st.sampled_from([("a", Fraction(7)), ("b", Fraction("0.3"))]),
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(
        lambda one: (f"({one[0][0]} {one[1]} {one[2][0]})", _of(one[1], one[0][1], one[2][1]))
    ),
    max_leaves=6,
)


def _of(sign: str, left: Fraction, right: Fraction) -> Fraction:
    return {"+": left + right, "-": left - right, "*": left * right}[sign]


@given(left=sums, comparison=st.sampled_from(list(COMPARISONS)), right=sums)
def test_terms_have_the_value_of_rational_arithmetic(
    left: tuple[str, Fraction], comparison: str, right: tuple[str, Fraction]
) -> None:
    constraint = Constraint.parse(f"{left[0]} {comparison} {right[0]}")
    assert constraint.holds({"a": 7, "b": 0.3}) == COMPARISONS[comparison](left[1], right[1])
