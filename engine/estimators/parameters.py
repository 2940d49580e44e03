"""Constructor parameters as fields of a dataclass: default, rule and meaning of each in one line."""

from collections.abc import Callable, Iterable
from dataclasses import Field, dataclass, field, fields
from inspect import cleandoc
from typing import Any

import numpy as np

from engine.bounds import KNOB_BOUNDS, Bounds
from engine.clashes import CLASHES


@dataclass(frozen=True, slots=True)
class Rule:
    """The values that a parameter may have; `words` end the sentence "it must be ...".

    `reason` tells more where it is not plain what is wrong with a value.
    """

    words: str
    accepts: Callable[[Any], bool]
    reason: Callable[[Any], str | None] | None = None

    def refusal(self, value: Any) -> str:
        """Return what `value`, which is not accepted, must be."""
        return (self.reason and self.reason(value)) or self.words


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool | np.bool_)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not _is_flag(value)


def _is_count(value: Any) -> bool:
    return _is_whole(value) and value > 0


def _is_number(value: Any) -> bool:
    return isinstance(value, float | np.floating) or _is_whole(value)


def number(bounds: Bounds) -> Rule:
    """Return the rule of a number that need not fit float32."""
    return Rule(bounds.words(), lambda value: _is_number(value) and bounds.contain(value))


def knob(name: str) -> Rule:
    """Return the rule of a knob."""
    bounds = KNOB_BOUNDS[name]

    def reason(value: Any) -> str | None:
        return bounds.reason(value) if _is_number(value) else bounds.words()

    return Rule(bounds.words(), lambda value: reason(value) is None, reason)


COUNT = Rule("a whole number from 1", _is_count)
COUNT_OR_NONE = Rule("a whole number from 1, or None", lambda v: v is None or _is_count(v))
COUNT_OR_FULL = Rule('a whole number from 1, or "full"', lambda v: v == "full" if isinstance(v, str) else _is_count(v))
FLAG = Rule("True or False", _is_flag)
WIDTHS = Rule(
    "a list of whole numbers from 1", lambda v: isinstance(v, list | tuple | np.ndarray) and all(map(_is_count, v))
)
RANDOM_STATE = Rule(
    "a whole number from 0, a numpy.random.RandomState, or None",
    lambda v: v is None or isinstance(v, np.random.RandomState) or (_is_whole(v) and v >= 0),
)


def one_of(words: Iterable[str]) -> Rule:
    """Return the rule of a few words."""
    known = tuple(words)
    return Rule("one of " + ", ".join(f'"{word}"' for word in known), lambda v: isinstance(v, str) and v in known)


def parameter(default: Any, rule: Rule, meaning: str) -> Any:
    """Return the field of a parameter."""
    return field(default=default, metadata={"rule": rule, "meaning": meaning})


def documented(kind: type) -> str:
    """Return the docstring of a class, followed by its parameters in the format of NumPy."""
    entries = [
        f"{entry.name} : {_rule(entry).words}, default={entry.default!r}\n    {entry.metadata['meaning']}."
        for entry in fields(kind)
    ]
    return "\n".join([cleandoc(kind.__doc__ or ""), "", "Parameters", "----------", *entries])


def refuse_faults(estimator: Any) -> None:
    """Raise ValueError with every parameter of `estimator` that breaks its rule, or clashes with another one."""
    values = {entry: getattr(estimator, entry.name) for entry in fields(estimator)}
    faults = [
        f"{entry.name} is {value!r}, but it must be {_rule(entry).refusal(value)}."
        for entry, value in values.items()
        if not _rule(entry).accepts(value)
    ]
    faults += [
        clash.sentence(getattr(estimator, clash.name), [getattr(estimator, clash.other)])
        for clash in CLASHES
        if clash.wrong(getattr(estimator, clash.name)) and getattr(estimator, clash.other) in clash.values
    ]
    if faults:
        raise ValueError(" ".join(faults))


def _rule(entry: "Field[Any]") -> Rule:
    rule: Rule = entry.metadata["rule"]
    return rule
