"""Random spaces in the words of a request, and what their points must keep to, by arithmetic of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from tests.app.domain.test_conditions import judged

Json = dict[str, Any]

_POOL: Sequence[Any] = (1, 2.5, -3, "relu", "", True, False, [8], [8, 4], {"flip": 0.5})
_RELATIONS = ("<=", "<", ">=", ">")


@dataclass(frozen=True)
class RandomSpace:
    """A space as posted, and its constraints: two parameters and how the first compares with a multiple of the second.

    Conditions look at earlier parameters alone, so that none leads back.
    """

    parameters: Mapping[str, Json]
    relations: Sequence[tuple[str, str, int, str]]

    @property
    def constraints(self) -> list[str]:
        """The constraints as posted."""
        return [f"{left} {sign} {times} * {right}" for left, sign, times, right in self.relations]

    def admits(self, point: Mapping[str, Any]) -> bool:
        """Return whether a point meets the constraints between those parameters that it has."""
        return all(
            judged({"left": {sign: times * _exact(point[right])}}, {"left": _exact(point[left])})
            for left, sign, times, right in self.relations
            if left in point and right in point
        )

    def strangeness(self, point: Mapping[str, Any]) -> str | None:
        """Return what of a point its space does not allow, None if nothing."""
        for name, parameter in self.parameters.items():
            if (name in point) is not judged(parameter.get("when") or {}, point):
                return f"{name} is there, or is not, against its condition"
            if name in point and not _is_value(parameter, point[name]):
                return f"{name} cannot be {point[name]!r}"
        return None if self.admits(point) else "a constraint is broken"


def _exact(value: Any) -> Fraction:
    return Fraction(repr(value))


def _is_value(parameter: Json, value: Any) -> bool:
    if parameter["kind"] == "choice":
        shares = parameter.get("weights") or [1] * len(parameter["values"])
        return (type(value), value) in [
            (type(one), one) for one, share in zip(parameter["values"], shares, strict=True) if share
        ]
    if type(value) is not (int if parameter["kind"] == "int" else float):
        return False
    if value == 0 and parameter.get("zero_probability"):
        return True
    low, high, number = _exact(parameter["low"]), _exact(parameter["high"]), _exact(value)
    step = parameter.get("step", 1 if parameter["kind"] == "int" else None)
    return low <= number <= high and (step is None or (number - low) % _exact(step) == 0)


def _axis(draw: st.DrawFn, kind: str) -> Json:
    scales = ["linear", "log", "symmetric_log", *(["reverse_log"] if kind == "float" else [])]
    scale, unit = draw(st.sampled_from(scales)), 1 if kind == "int" else 100
    low = draw(st.integers(1 if scale == "log" else -200, 90))
    width = draw(st.integers(1, 99 - low if scale == "reverse_log" else 10_000))
    step = draw(st.integers(1, width)) if draw(st.booleans()) else None
    more: Json = {"step": step if unit == 1 else step / unit} if step else {}
    if scale == "log" and draw(st.booleans()):
        more["zero_probability"] = draw(st.floats(0.01, 0.9))
    if scale == "symmetric_log":
        more["threshold"] = draw(st.sampled_from([0.01, 1.0, 30.0]))
    low_, high = (low, low + width) if unit == 1 else (low / unit, (low + width) / unit)
    return {"kind": kind, "low": low_, "high": high, "scale": scale, **more}


def _choice(draw: st.DrawFn) -> Json:
    values = draw(st.lists(st.sampled_from(_POOL), min_size=1, max_size=5, unique_by=repr))
    more: Json = {"ordered": True} if draw(st.booleans()) else {}
    if draw(st.booleans()):
        more["weights"] = [1, *draw(st.lists(st.integers(0, 3), min_size=len(values) - 1, max_size=len(values) - 1))]
    return {"kind": "choice", "values": values, **more}


def _condition(draw: st.DrawFn, others: Mapping[str, Json], depth: int = 2) -> Json:
    """Return a condition on others, each of whose leaves can hold."""
    form = draw(st.sampled_from(["leaf", "leaf", "all", "any", "not"])) if depth else "leaf"
    if form == "not":
        return {"not": _condition(draw, others, depth - 1)}
    if form != "leaf":
        return {form: [_condition(draw, others, depth - 1) for _ in range(2)]}
    name = draw(st.sampled_from(sorted(others)))
    other = others[name]
    if other["kind"] == "choice":
        some = draw(st.lists(st.sampled_from(other["values"]), min_size=1, unique_by=repr))
        return {name: some if len(some) > 1 else draw(st.sampled_from([some, {"==": some[0]}]))}
    middle = (other["low"] + other["high"]) / 2
    return {name: {draw(st.sampled_from(["<", "<=", ">=", ">", "!="])): middle}}


@st.composite
def random_spaces(draw: st.DrawFn) -> RandomSpace:
    """Return a space of one to five parameters, with conditions and constraints."""
    parameters = dict[str, Json]()
    for number in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(["float", "float", "int", "choice"]))
        one = _choice(draw) if kind == "choice" else _axis(draw, kind)
        is_conditional = draw(st.booleans())
        if parameters and is_conditional:
            one["when"] = _condition(draw, parameters)
        parameters[f"p{number}"] = one
    axes = [name for name, one in parameters.items() if one["kind"] != "choice"]
    relation = st.tuples(
        st.sampled_from(axes or [""]), st.sampled_from(_RELATIONS), st.integers(-3, 3), st.sampled_from(axes or [""])
    )
    order = draw(st.permutations(sorted(parameters)))
    relations = draw(st.lists(relation.filter(lambda one: one[0] != one[3]), max_size=2)) if len(axes) > 1 else []
    return RandomSpace({name: parameters[name] for name in order}, relations)
