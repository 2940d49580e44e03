"""How a list of trials is sorted, filtered and cut into pages."""

from dataclasses import dataclass
from typing import Literal

from app.domain.states import TrialState
from app.domain.values import Value

Operator = Literal["<", "<=", ">", ">=", "=", "!=", "in"]
Key = int | float | str | None


@dataclass(frozen=True, slots=True)
class Field:
    """What trials are sorted and filtered by: a column of theirs, a metric or a hyperparameter."""

    name: str
    kind: Literal["column", "metric", "param"] = "column"


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of a field with a value.

    A value of another type is neither less nor greater nor equal, and so it meets `!=`. A field without a value only
    meets `= null`: so does a hyperparameter that the conditions of the space leave out. With `in` the value is a list,
    and a field meets it that is equal to one of its items.
    """

    field: Field
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class TrialQuery:
    """Which trials of a sweep, and in which order; ties go by number, missing values come last."""

    states: tuple[TrialState, ...] = ()
    conditions: tuple[Condition, ...] = ()
    sort: Field = Field("number")
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: the sort key and the number of its last trial; the key of a list is a text."""

    key: Key
    number: int
