"""Tests of the language of queries."""

import pytest

from app.domain.errors import InvalidRequest
from app.domain.filters import Condition, Field, Key, TrialQuery
from app.domain.states import TrialState
from app.services.trial_queries import parse_query

RATE = Field("learning_rate", is_param=True)


@pytest.mark.parametrize(
    ("text", "field", "operator", "value"),
    [
        ("dev_error<0.25", Field("dev_error"), "<", 0.25),
        (" dev_error <= 1 ", Field("dev_error"), "<=", 1),
        ("number!=3", Field("number"), "!=", 3),
        ("epochs>=1e2", Field("epochs"), ">=", 100.0),
        ("best_epoch=null", Field("best_epoch"), "=", None),
        ("state=running", Field("state"), "=", "running"),
        ("started_at>2026-01-01", Field("started_at"), ">", "2026-01-01"),
        ("started_at=null", Field("started_at"), "=", None),
        ("param.learning_rate<0.01", RATE, "<", 0.01),
        ("param.learning_rate=adam", RATE, "=", "adam"),
        ('param.learning_rate="7"', RATE, "=", "7"),
        ("param.learning_rate=true", RATE, "=", 1),
        ("param.learning_rate=[64, 32]", RATE, "=", "[64,32]"),
        ("param.learning_rate=[]", RATE, "=", "[]"),
        ("param.learning_rate=a<b=c", RATE, "=", "a<b=c"),
        ("param.learning_rate=", RATE, "=", ""),
        ("param.learning_rate=NaN", RATE, "=", "NaN"),
    ],
)
def test_a_condition_is_read(text: str, field: Field, operator: str, value: Key) -> None:
    (condition,) = parse_query([], "number", [text]).conditions
    assert condition == Condition(field, operator, value)  # type: ignore[arg-type] # one of the operators
    assert type(condition.value) is type(value)


def test_sort_and_states_are_read() -> None:
    assert parse_query(["running", "queued"], "-param.learning_rate", []) == TrialQuery(
        (TrialState.RUNNING, TrialState.QUEUED), (), RATE, descending=True
    )
    assert parse_query([], "dev_error", []) == TrialQuery(sort=Field("dev_error"))


def test_a_fault_names_a_close_field() -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_query([], "dev_eror", ["learning_rate<1"])
    details = [fault.detail for fault in caught.value.faults]
    assert 'Did you mean "param.learning_rate"?' in details[0]
    assert 'Did you mean "dev_error"?' in details[1]
