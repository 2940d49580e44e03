"""What values a hyperparameter may take: in words, as a JSON Schema, and as a check."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeGuard

from engine.hyperparameters.bounds import Bounds

Search = Literal["float", "int", "choice"]
"""The kinds of parameter that a sweep searches along."""

Schema = dict[str, object]
"""A JSON Schema, 2020-12."""


class Range(ABC):
    """The values that are accepted for one hyperparameter, as JSON has them."""

    kinds: tuple[Search, ...] = ("choice",)
    """The kinds of parameter that can search it."""

    @abstractmethod
    def rule(self) -> str:
        """Return the rule as the end of a sentence: "it must be ..."."""

    @abstractmethod
    def schema(self) -> Schema:
        """Return the rule as a JSON Schema."""

    @abstractmethod
    def accepts(self, value: object) -> bool:
        """Return whether `value` may be used."""

    def reason(self, value: object) -> str | None:
        """Return what `value` must be and is not, as the end of a sentence; None if it may be used."""
        return None if self.accepts(value) else self.rule()


@dataclass(frozen=True, slots=True)
class Real(Range):
    """A number within bounds, also in float32."""

    bounds: Bounds
    kinds: tuple[Search, ...] = ("float", "int", "choice")

    def rule(self) -> str:
        """Return the bounds in words."""
        return self.bounds.words()

    def schema(self) -> Schema:
        """Return the bounds; that a number must fit float32 is beyond a schema."""
        return self.bounds.schema()

    def accepts(self, value: object) -> bool:
        """Return whether `value` is a number within the bounds."""
        return self.reason(value) is None

    def reason(self, value: object) -> str | None:
        """Return the bounds, and whether it is float32 that `value` does not fit."""
        return self.bounds.reason(value) if _is_number(value) else self.rule()


@dataclass(frozen=True, slots=True)
class Whole(Range):
    """A whole number from `low` to `high`, or one of the `words`."""

    low: int
    high: int
    words: tuple[str, ...] = ()
    kinds: tuple[Search, ...] = ("int", "choice")

    def rule(self) -> str:
        """Return the bounds in words."""
        words = "".join(f' or "{word}"' for word in self.words)
        return f"a whole number from {self.low} to {self.high:,}{words}"

    def schema(self) -> Schema:
        """Return the bounds, and the words beside them."""
        whole: Schema = {"type": "integer", "minimum": self.low, "maximum": self.high}
        return {"anyOf": [whole, {"enum": list(self.words)}]} if self.words else whole

    def accepts(self, value: object) -> bool:
        """Return whether `value` is a whole number within the bounds, or one of the words."""
        if isinstance(value, str):
            return value in self.words
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class OneOf(Range):
    """One of a few words."""

    words: tuple[str, ...]
    kinds: tuple[Search, ...] = ("choice",)

    def rule(self) -> str:
        """Return the words."""
        return "one of " + ", ".join(f'"{word}"' for word in self.words)

    def schema(self) -> Schema:
        """Return the words."""
        return {"enum": list(self.words)}

    def accepts(self, value: object) -> bool:
        """Return whether `value` is one of the words."""
        return isinstance(value, str) and value in self.words


@dataclass(frozen=True, slots=True)
class Flag(Range):
    """True or false."""

    kinds: tuple[Search, ...] = ("choice",)

    def rule(self) -> str:
        """Return the two words."""
        return "true or false"

    def schema(self) -> Schema:
        """Return the type."""
        return {"type": "boolean"}

    def accepts(self, value: object) -> bool:
        """Return whether `value` is a truth value."""
        return isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class Widths(Range):
    """A list of layer widths; the empty list is a network without hidden layers."""

    layers: int
    widest: int
    kinds: tuple[Search, ...] = ("choice",)

    @property
    def _width(self) -> Whole:
        return Whole(1, self.widest)

    def rule(self) -> str:
        """Return the bounds in words."""
        return f"a list of at most {self.layers} widths, each {self._width.rule()}"

    def schema(self) -> Schema:
        """Return the bounds of the list, and of each width."""
        return {"type": "array", "maxItems": self.layers, "items": self._width.schema()}

    def accepts(self, value: object) -> bool:
        """Return whether `value` is a list of widths within the bounds."""
        return isinstance(value, list | tuple) and len(value) <= self.layers and all(map(self._width.accepts, value))


@dataclass(frozen=True, slots=True)
class Object(Range):
    """An object with some of these fields, each within its own range."""

    fields: Mapping[str, Range]
    kinds: tuple[Search, ...] = ("choice",)

    def rule(self) -> str:
        """Return the fields with their rules."""
        return "an object with any of " + "; ".join(f"{name}, {range_.rule()}" for name, range_ in self.fields.items())

    def schema(self) -> Schema:
        """Return the fields with their schemas."""
        fields = {name: range_.schema() for name, range_ in self.fields.items()}
        return {"type": "object", "properties": fields, "additionalProperties": False}

    def accepts(self, value: object) -> bool:
        """Return whether `value` is an object that has known fields only, all within their ranges."""
        return isinstance(value, Mapping) and all(
            name in self.fields and self.fields[name].accepts(field) for name, field in value.items()
        )


@dataclass(frozen=True, slots=True)
class PerClass(Range):
    """A number for each of some classes, by name, or one of the `words`; which classes there are is not known here."""

    words: tuple[str, ...]
    number: Real
    kinds: tuple[Search, ...] = ("choice",)

    def rule(self) -> str:
        """Return the words, and what a number must be."""
        return self._rule(self.number.rule())

    def _rule(self, number: str) -> str:
        words = "".join(f'"{word}", ' for word in self.words)
        return f"one of {words}or an object that gives some classes, by name, {number}"

    def schema(self) -> Schema:
        """Return the words, and an object of any names."""
        return {"anyOf": [{"enum": list(self.words)}, {"type": "object", "additionalProperties": self.number.schema()}]}

    def accepts(self, value: object) -> bool:
        """Return whether `value` is one of the words, or an object of numbers within their bounds."""
        return self.reason(value) is None

    def reason(self, value: object) -> str | None:
        """Return the rule, with what is wrong with the first number that does not fit."""
        if not isinstance(value, Mapping):
            return None if isinstance(value, str) and value in self.words else self.rule()
        reasons = (self.number.reason(number) for number in value.values())
        return next((self._rule(reason) for reason in reasons if reason), None)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
