"""Constructor parameters as fields of a dataclass: default, rule and meaning of each in one line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from inspect import cleandoc
from typing import Any, TypeVar, dataclass_transform

import numpy as np

from engine.clashes import CLASHES
from engine.hyperparameters import HYPERPARAMETERS, Bounds

_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True)
class Allowed:
    """The values that a parameter may have that is no hyperparameter; `words` end the sentence "it must be ..."."""

    words: str
    accepts: Callable[[Any], bool]

    def fault(self, name: str, value: Any) -> str | None:
        """Return the sentence that refuses `value`; None if it may be used."""
        return None if self.accepts(value) else f"{name} is {value!r}, but it must be {self.words}."


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool | np.bool_)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not _is_flag(value)


def _is_count(value: Any) -> bool:
    return _is_whole(value) and value > 0


def _is_number(value: Any) -> bool:
    return isinstance(value, float | np.floating) or _is_whole(value)


def number(bounds: Bounds) -> Allowed:
    """Return the rule of a number that need not fit float32."""
    return Allowed(bounds.words(), lambda value: _is_number(value) and bounds.contain(value))


COUNT = Allowed("a whole number from 1", _is_count)
COUNT_OR_NONE = Allowed("a whole number from 1, or None", lambda v: v is None or _is_count(v))
RANDOM_STATE = Allowed(
    "a whole number from 0, a numpy.random.RandomState, or None",
    lambda v: v is None or isinstance(v, np.random.RandomState) or (_is_whole(v) and v >= 0),
)


def _is_class_weight(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return value is None or (isinstance(value, str) and value == "balanced")
    weights = [weight.item() if isinstance(weight, np.generic) else weight for weight in value.values()]
    return HYPERPARAMETERS["class_weight"].allowed.accepts({str(place): weight for place, weight in enumerate(weights)})


CLASS_WEIGHT = Allowed(
    '"balanced", a dict that gives some labels a number above 0, or None: every example counts one', _is_class_weight
)


def parameter(default: Any, rule: Allowed, meaning: str) -> Any:
    """Return the field of a parameter that is no hyperparameter."""
    return field(default=default, metadata={"words": rule.words, "meaning": meaning, "fault": rule.fault})


def hyperparameter(name: str) -> Any:
    """Return the field of a hyperparameter, as its row of the table has it."""
    row = HYPERPARAMETERS[name]
    words = {"words": row.allowed.rule(), "meaning": row.meaning}
    return field(default=row.estimator_default, metadata={**words, "fault": lambda _, value: row.fault(value)})


@dataclass_transform(kw_only_default=True, eq_default=False)
def estimator(kind: type[_Kind]) -> type[_Kind]:
    """Make a class an estimator: its parameters become those of its constructor, and are listed in its docstring."""
    made = dataclass(kw_only=True, eq=False, repr=False)(kind)
    made.__doc__ = _documented(made)
    return made


def _documented(kind: Any) -> str:
    """Return the docstring of a class, followed by its parameters in the format of NumPy."""
    entries = [
        f"{entry.name} : {entry.metadata['words']}, default={entry.default!r}\n    {entry.metadata['meaning']}."
        for entry in fields(kind)
    ]
    return "\n".join([cleandoc(kind.__doc__ or ""), "", "Parameters", "----------", *entries])


def refuse_faults(estimator: Any) -> None:
    """Raise ValueError with every parameter of `estimator` that breaks its rule, or clashes with another one."""
    values = [(entry, getattr(estimator, entry.name)) for entry in fields(estimator)]
    faults = [fault for entry, value in values if (fault := entry.metadata["fault"](entry.name, value))]
    faults += [
        clash.sentence(getattr(estimator, clash.name), [getattr(estimator, clash.other)])
        for clash in CLASHES
        if clash.wrong(getattr(estimator, clash.name)) and getattr(estimator, clash.other) in clash.values
    ]
    if faults:
        raise ValueError(" ".join(faults))
