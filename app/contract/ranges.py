"""What values a hyperparameter may take, and sentences for those it may not."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeGuard

from app.domain.errors import show
from app.domain.space import ChoiceParameter, FloatParameter, Parameter
from app.domain.values import Value, whole
from engine.bounds import Bounds

Kind = Literal["float", "int", "choice"]


class Range(ABC):
    """The values that the engine accepts for one hyperparameter."""

    kinds: tuple[Kind, ...] = ("choice",)
    """The kinds of parameter that can search it."""

    @abstractmethod
    def rule(self) -> str:
        """Return the rule as the end of a sentence: "it must be ..."."""

    @abstractmethod
    def accepts(self, value: Value) -> bool:
        """Return whether the engine accepts `value`."""

    def reason(self, value: Value) -> str:
        """Return what `value`, which is not accepted, must be, as the end of a sentence."""
        del value
        return self.rule()

    def plain(self, value: Value) -> Value:
        """Return `value` as the engine writes it; one that means nothing here as it is."""
        return value


@dataclass(frozen=True, slots=True)
class Real(Range):
    """A number within bounds, also in float32."""

    bounds: Bounds
    kinds: tuple[Kind, ...] = ("float", "int", "choice")

    def rule(self) -> str:
        """Return the bounds in words."""
        return self.bounds.words()

    def accepts(self, value: Value) -> bool:
        """Return whether `value` is a number within the bounds."""
        return _is_number(value) and self.bounds.reason(value) is None

    def reason(self, value: Value) -> str:
        """Return the bounds, and whether it is float32 that `value` does not fit."""
        return (self.bounds.reason(value) if _is_number(value) else None) or self.rule()


def _is_number(value: Value) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class Whole(Range):
    """A whole number from `low` to `high`, or one of the `words`."""

    low: int
    high: int
    words: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ("int", "choice")

    def rule(self) -> str:
        """Return the bounds in words."""
        words = "".join(f' or "{word}"' for word in self.words)
        return f"a whole number from {self.low} to {self.high:,}{words}"

    def accepts(self, value: Value) -> bool:
        """Return whether `value` is a whole number within the bounds, or one of the words."""
        if isinstance(value, str):
            return value in self.words
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high

    def plain(self, value: Value) -> Value:
        """Return 20.0 as 20."""
        return whole(value)


@dataclass(frozen=True, slots=True)
class OneOf(Range):
    """One of a few words."""

    words: tuple[str, ...]
    kinds: tuple[Kind, ...] = ("choice",)

    def rule(self) -> str:
        """Return the words."""
        return "one of " + ", ".join(f'"{word}"' for word in self.words)

    def accepts(self, value: Value) -> bool:
        """Return whether `value` is one of the words."""
        return isinstance(value, str) and value in self.words


@dataclass(frozen=True, slots=True)
class Flag(Range):
    """True or false."""

    kinds: tuple[Kind, ...] = ("choice",)

    def rule(self) -> str:
        """Return the two words."""
        return "true or false"

    def accepts(self, value: Value) -> bool:
        """Return whether `value` is a truth value."""
        return isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class Widths(Range):
    """A list of layer widths; the empty list is a network without hidden layers."""

    layers: int
    widest: int
    kinds: tuple[Kind, ...] = ("choice",)

    def rule(self) -> str:
        """Return the bounds in words."""
        return f"a list of at most {self.layers} widths, each a whole number from 1 to {self.widest:,}"

    def accepts(self, value: Value) -> bool:
        """Return whether `value` is a list of widths within the bounds."""
        width = Whole(1, self.widest)
        return (
            isinstance(value, list | tuple) and len(value) <= self.layers and all(width.accepts(item) for item in value)
        )

    def plain(self, value: Value) -> Value:
        """Return the width of a single layer as a list, and 20.0 as 20."""
        if isinstance(value, list | tuple):
            return [whole(width) for width in value]
        return [whole(value)] if isinstance(value, int | float) and not isinstance(value, bool) else value


@dataclass(frozen=True, slots=True)
class Object(Range):
    """An object with some of these fields, each within its own range."""

    fields: Mapping[str, Range]
    kinds: tuple[Kind, ...] = ("choice",)

    def rule(self) -> str:
        """Return the fields with their rules."""
        return "an object with any of " + "; ".join(f"{name}, {range_.rule()}" for name, range_ in self.fields.items())

    def accepts(self, value: Value) -> bool:
        """Return whether `value` is an object that has known fields only, all within their ranges."""
        return isinstance(value, Mapping) and all(
            name in self.fields and self.fields[name].accepts(field) for name, field in value.items()
        )


def refusal(name: str, value: Value, allowed: Range) -> str:
    """Return the sentence that refuses `value`."""
    return f"The value {show(value)} is not possible for {name}: it must be {allowed.reason(value)}."


def kind_of(parameter: Parameter) -> Kind:
    """Return the word by which a request names the parameter's kind."""
    if isinstance(parameter, ChoiceParameter):
        return "choice"
    return "float" if isinstance(parameter, FloatParameter) else "int"
