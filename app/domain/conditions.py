"""Conditions: what must hold of other parameters for one to be drawn, as a tree of plain JSON values.

    condition  = {part, ...}                    all of its parts hold
    part       = NAME: [VALUE, ...]             the parameter is one of these values
               | NAME: {COMPARISON: VALUE, ...} it compares so: "<", "<=", ">", ">=", "==", "!="
               | "all": [condition, ...] | "any": [condition, ...] | "not": condition

What looks at a parameter that is left out does not hold; a word is neither below nor above a number.
"""

import operator
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias, TypeGuard

from app.domain.values import Value, key

Conditions: TypeAlias = Mapping[str, Value]
"""A condition as it is posted and stored."""

Path: TypeAlias = tuple[str | int, ...]

CONNECTIVES = ("all", "any", "not")
"""The names that no parameter can have."""

ORDERS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
COMPARISONS = (*ORDERS, "==", "!=")


@dataclass(frozen=True)
class OneOf:
    """The parameter `name` is one of `values`; `path` leads there from the whole condition."""

    name: str
    path: Path
    values: tuple[Value, ...]

    @cached_property
    def _keys(self) -> Collection[str]:
        return frozenset(map(key, self.values))

    def admits(self, value: Value) -> bool:
        """Return whether it holds where the parameter is `value`."""
        return key(value) in self._keys

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Return whether it holds for the active parameters and their values."""
        return self.name in values and self.admits(values[self.name])

    def leaves(self) -> Iterator["Leaf"]:
        """Yield it."""
        yield self


@dataclass(frozen=True)
class Compared:
    """The parameter `name` compares with `value` as `sign` says; `path` leads there from the whole condition."""

    name: str
    path: Path
    sign: str
    value: Value

    def admits(self, value: Value) -> bool:
        """Return whether it holds where the parameter is `value`."""
        if self.sign in ORDERS:
            return is_number(value) and is_number(self.value) and ORDERS[self.sign](value, self.value)
        return (key(value) == key(self.value)) is (self.sign == "==")

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Return whether it holds for the active parameters and their values."""
        return self.name in values and self.admits(values[self.name])

    def leaves(self) -> Iterator["Leaf"]:
        """Yield it."""
        yield self


@dataclass(frozen=True)
class Joined:
    """`quantifier` (all, any) of the parts hold."""

    quantifier: Callable[[Iterator[bool]], bool]
    parts: tuple["Condition", ...]

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Return whether it holds for the active parameters and their values."""
        return self.quantifier(part.holds(values) for part in self.parts)

    def leaves(self) -> Iterator["Leaf"]:
        """Yield what it says of single parameters."""
        for part in self.parts:
            yield from part.leaves()


@dataclass(frozen=True)
class Negated:
    """The part does not hold."""

    part: "Condition"

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Return whether it holds for the active parameters and their values."""
        return not self.part.holds(values)

    def leaves(self) -> Iterator["Leaf"]:
        """Yield what the part says of single parameters."""
        return self.part.leaves()


Leaf: TypeAlias = OneOf | Compared
Condition: TypeAlias = Leaf | Joined | Negated


def parse(when: Conditions, path: Path = ()) -> Condition:
    """Return the condition that a tree says; its form is right."""
    parts = tuple(part for name, said in when.items() for part in _parts(name, said, (*path, name)))
    return parts[0] if len(parts) == 1 else Joined(all, parts)


def _parts(name: str, said: Value, path: Path) -> Iterator[Condition]:
    match name, said:
        case "not", Mapping():
            yield Negated(parse(said, path))
        case "all" | "any", [*conditions]:
            quantifier = all if name == "all" else any
            yield Joined(quantifier, tuple(parse(one, (*path, place)) for place, one in enumerate(_all_of(conditions))))
        case _, Mapping():
            yield from (Compared(name, (*path, sign), sign, value) for sign, value in said.items())
        case _, [*values]:
            yield OneOf(name, path, tuple(values))


def _all_of(conditions: Sequence[Value]) -> Iterator[Conditions]:
    return (one for one in conditions if isinstance(one, Mapping))


def names(when: Conditions | None) -> Collection[str]:
    """Return the parameters at which a condition looks."""
    return {leaf.name: None for leaf in parse(when or {}).leaves()}


def rewritten(when: Conditions, change: Callable[[str, Value], Value]) -> Conditions:
    """Return a condition with each of its values as `change` writes it for the parameter of that name."""

    def of(name: str, said: Value) -> Value:
        match name, said:
            case "not", Mapping():
                return rewritten(said, change)
            case "all" | "any", [*conditions]:
                return [rewritten(one, change) for one in _all_of(conditions)]
            case _, Mapping():
                return {sign: change(name, value) for sign, value in said.items()}
            case _, [*values]:
                return [change(name, value) for value in values]
        return said

    return {name: of(name, said) for name, said in when.items()}


def is_number(value: Value) -> TypeGuard[float]:
    """Return whether a value is a number, which true is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)
