"""Tests of the language of queries."""

import pytest

from app.domain.errors import InvalidRequest
from app.domain.filters import Condition, Field, TrialQuery
from app.domain.states import TrialState
from app.domain.values import Value
from app.services.trial_queries import parse_query

RATE = Field("learning_rate", "param")
UNITS = Field("hidden_units", "param")


@pytest.mark.parametrize(
    ("text", "field", "operator", "value"),
    [
        ("dev_error<0.25", Field("dev_error", "metric"), "<", 0.25),
        (" dev_error <= 1 ", Field("dev_error", "metric"), "<=", 1),
        ("number!=3", Field("number"), "!=", 3),
        ("epochs>=1e2", Field("epochs"), ">=", 100.0),
        ("best_epoch=null", Field("best_epoch"), "=", None),
        ("state=running", Field("state"), "=", "running"),
        ("started_at>2026-01-01", Field("started_at"), ">", "2026-01-01"),
        ("started_at=null", Field("started_at"), "=", None),
        ("param.learning_rate<0.01", RATE, "<", 0.01),
        ("param.learning_rate=adam", RATE, "=", "adam"),
        ('param.learning_rate="7"', RATE, "=", "7"),
        ("param.learning_rate=true", RATE, "=", True),
        ("param.hidden_units=[64, 32]", UNITS, "=", [64, 32]),
        ("param.hidden_units=[64.0]", UNITS, "=", [64]),
        ("param.hidden_units=64", UNITS, "=", [64]),
        ("param.hidden_units=[]", UNITS, "=", []),
        ("param.batch_size!=64.0", Field("batch_size", "param"), "!=", 64),
        ('param.augment={"flip": 0.5}', Field("augment", "param"), "=", {"flip": 0.5}),
        ("param.learning_rate=" + "[" * 1_000, RATE, "=", "[" * 1_000),
        ("param.learning_rate=a<b=c", RATE, "=", "a<b=c"),
        ("param.learning_rate=", RATE, "=", ""),
        ("param.learning_rate=NaN", RATE, "=", "NaN"),
    ],
)
def test_a_condition_is_read(text: str, field: Field, operator: str, value: Value) -> None:
    (condition,) = parse_query([], "number", [text]).conditions
    assert condition == Condition(field, operator, value)  # type: ignore[arg-type] # one of the operators
    assert type(condition.value) is type(value)


def test_sort_and_states_are_read() -> None:
    assert parse_query(["running", "queued"], "-param.learning_rate", []) == TrialQuery(
        (TrialState.RUNNING, TrialState.QUEUED), (), RATE, descending=True
    )
    assert parse_query([], "dev_error", []) == TrialQuery(sort=Field("dev_error", "metric"))


def test_a_fault_names_a_close_field() -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_query([], "dev_eror", ["learning_rate<1"])
    details = [fault.detail for fault in caught.value.faults]
    assert 'Did you mean "param.learning_rate"?' in details[0]
    assert 'Did you mean "dev_error"?' in details[1]


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("learning_rate", 'Did you mean "param.learning_rate"?'),
        ("l2", 'Did you mean "param.l2"?'),
        ("lr", 'Did you mean "learning_rate"?'),
        ("param.lr", 'Did you mean "learning_rate"?'),
        ("param.dropout", 'Did you mean "keep_prob"?'),
        ("param.betaa1", 'Did you mean "beta1"?'),
        ("dev_eror", 'Did you mean "dev_error"?'),
    ],
)
def test_unknown_names_are_refused_in_filters_and_sorts_alike(name: str, guess: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_query([], f"-{name}", [f"{name}<1"])
    assert [fault.pointer for fault in caught.value.faults] == ["/where/0", "/sort"]
    assert all(guess in fault.detail for fault in caught.value.faults)


@pytest.mark.parametrize(
    "text",
    [
        'param.optimizer="\\ud800"',
        'param.augment={"\\udfff": 1}',
        'param.hidden_units=["\\ud800"]',
        'param.optimizer="\\u0000"',
        "param.optimizer=a\0b",
        "dev_error=true",
        "dev_error=[1]",
        "state=runing",
        "<1",
        "number=" + "1" * 2_000,
    ],
)
def test_a_value_that_cannot_be_compared_with_is_a_fault(text: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_query([], "number", [text])
    assert [fault.pointer for fault in caught.value.faults] == ["/where/0"]
    assert len(caught.value.faults[0].detail) < 500


def test_a_hostile_condition_is_refused_in_a_short_sentence() -> None:
    for text in (" " * 60_000, "a" * 60_000, "a" * 60_000 + "<1", "a<" + " " * 60_000 + "x", "=" * 60_000):
        with pytest.raises(InvalidRequest) as caught:
            parse_query([], "number", [text])
        assert all(len(fault.detail) < 500 for fault in caught.value.faults)


def test_unknown_states_are_told_one_by_one_up_to_a_hundred() -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_query([f"s{number}" for number in range(5_000)], "number", [])
    assert len(caught.value.faults) == 101
    assert caught.value.faults[-1].detail == "There are 4,900 more faults."
