"""Constraints between parameters, such as "batch_size <= 4 * units": read by a small grammar, never run as code.

    constraint = sum comparison sum
    comparison = "<=" | "<" | ">=" | ">" | "==" | "!="
    sum        = product {("+" | "-") product}
    product    = factor {("*" | "/") factor}
    factor     = number | name | "-" factor | "(" sum ")"

Numbers are compared exactly, as the decimals in which they are written: 0.1 + 0.2 == 0.3 holds.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from app.domain.errors import show
from app.domain.values import Value

Exact = int | Fraction

LONGEST = 500
"""The most characters that a constraint has."""

_DEEPEST = 32
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?)
            | (?P<name>[a-z_]\w*)
            | (?P<sign><=|>=|==|!=|[-+*/()<>])
            | (?P<other>\S)
            | $)""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
_COMPARISONS: Mapping[str, Callable[[Exact, Exact], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "==": operator.eq,
    "!=": operator.ne,
}


class Unreadable(ValueError):  # noqa: N818 - the name is what went wrong
    """A text is no constraint: `detail` says why, `at` is the character where it stops to be one, from 0."""

    def __init__(self, detail: str, at: int) -> None:
        super().__init__(detail)
        self.detail = detail
        self.at = at


@dataclass(frozen=True)
class _Number:
    value: Exact

    def of(self, values: Mapping[str, Exact]) -> Exact:  # noqa: ARG002 - the same for all values
        return self.value


@dataclass(frozen=True)
class _Name:
    name: str

    def of(self, values: Mapping[str, Exact]) -> Exact:
        return values[self.name]


@dataclass(frozen=True)
class _Operation:
    apply: Callable[[Exact, Exact], Exact]
    left: "_Term"
    right: "_Term"

    def of(self, values: Mapping[str, Exact]) -> Exact:
        return self.apply(self.left.of(values), self.right.of(values))


_Term = _Number | _Name | _Operation


def _divided(dividend: Exact, divisor: Exact) -> Exact:
    return Fraction(dividend) / divisor


_SUMS: Mapping[str, Callable[[Exact, Exact], Exact]] = {"+": operator.add, "-": operator.sub}
_PRODUCTS: Mapping[str, Callable[[Exact, Exact], Exact]] = {"*": operator.mul, "/": _divided}


@dataclass(frozen=True)
class Constraint:
    """A comparison of two terms; `names` are the parameters in it, each with the character where it first stands."""

    names: Mapping[str, int]
    left: _Term
    comparison: str
    right: _Term

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the constraint that a text says. Raises Unreadable."""
        if len(text) > LONGEST:
            raise Unreadable(f"it has {len(text):,} characters, but at most {LONGEST} are read", LONGEST)
        return cls(*_Parser(_tokens(text)).constraint())

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Return whether the comparison is true; so it is where a parameter in it is absent, or is a word.

        A division by zero makes no comparison true.
        """
        exact = {name: _exact(values.get(name)) for name in self.names}
        known = {name: value for name, value in exact.items() if value is not None}
        if len(known) < len(exact):
            return True
        try:
            return _COMPARISONS[self.comparison](self.left.of(known), self.right.of(known))
        except ZeroDivisionError:
            return False


def _exact(value: Value) -> Exact | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, int) else Fraction(repr(value))


@dataclass(frozen=True)
class _Token:
    """A number, a name, a sign, or the "end"; `at` is its first character."""

    kind: str
    text: str
    at: int


def _tokens(text: str) -> Sequence[_Token]:
    tokens = list[_Token]()
    for found in _TOKEN.finditer(text):
        if found.lastgroup == "other":
            raise Unreadable(_stranger(found["other"]), found.start("other"))
        if found.lastgroup is not None:
            tokens.append(_Token(found.lastgroup, found[found.lastgroup], found.start(found.lastgroup)))
    return [*tokens, _Token("end", "", len(text))]


def _stranger(character: str) -> str:
    if character == "=":
        return 'two values are compared by "==", not by "="'
    return f"{show(character)} means nothing here: there are numbers, names, + - * / ( ) and comparisons"


class _Parser:
    """Goes through tokens once, from left to right."""

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0
        self._names = dict[str, int]()

    def constraint(self) -> tuple[Mapping[str, int], _Term, str, _Term]:
        left = self._sum()
        comparison = self._take()
        if comparison.text not in _COMPARISONS:
            raise _unexpected(comparison, "a comparison (<=, <, >=, >, ==, !=)")
        right = self._sum()
        rest = self._take()
        if rest.text in _COMPARISONS:
            raise Unreadable("there is a second comparison; write each as a constraint of its own", rest.at)
        if rest.kind != "end":
            raise _unexpected(rest, "the end")
        return self._names, left, comparison.text, right

    def _sum(self) -> _Term:
        return self._chain(self._product, _SUMS)

    def _product(self) -> _Term:
        return self._chain(self._factor, _PRODUCTS)

    def _chain(self, part: Callable[[], _Term], operations: Mapping[str, Callable[[Exact, Exact], Exact]]) -> _Term:
        term = part()
        while self._tokens[self._next].text in operations:
            term = _Operation(operations[self._take().text], term, part())
        return term

    def _factor(self) -> _Term:
        token = self._take()
        if token.kind == "number":
            return _Number(int(token.text) if token.text.isdigit() else Fraction(token.text))
        if token.kind == "name":
            self._names.setdefault(token.text, token.at)
            return _Name(token.text)
        if token.text not in {"-", "("}:
            raise _unexpected(token, "a number, a name or a parenthesis")
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Unreadable(f"signs and parentheses lie more than {_DEEPEST} deep in each other", token.at)
        term = _Operation(operator.sub, _Number(0), self._factor()) if token.text == "-" else self._inner(token)
        self._depth -= 1
        return term

    def _inner(self, opening: _Token) -> _Term:
        term = self._sum()
        closing = self._take()
        if closing.text != ")":
            raise _unexpected(closing, f'the ")" of the parenthesis opened at character {opening.at + 1}')
        return term

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token


def _unexpected(token: _Token, expected: str) -> Unreadable:
    found = "it ends" if token.kind == "end" else f"there is {show(token.text)}"
    return Unreadable(f"{found} where {expected} is expected", token.at)
