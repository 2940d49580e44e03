"""What is wrong with the conditions of a search space: in their form, and in what they look at."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from app.domain.conditions import COMPARISONS, ORDERS, Compared, Conditions, Leaf, OneOf, is_number, names, parse
from app.domain.cycles import on_cycles
from app.domain.errors import Fault, faults_of, pointer, show
from app.domain.hints import hint
from app.domain.space import ChoiceParameter, Parameter, highest, sound_grid
from app.domain.values import Value, key

_OBJECT = 'it should be an object that names parameters, as in {"optimizer": ["adam"], "epochs": {">": 5}}'
_LIST = "it should be a list of one condition or more"
_VALUES = 'it should be a list of values, or comparisons as in {">": 5}'
_COMPARISON = f"it should have one or more of {' '.join(COMPARISONS)}"
_NUMBER = "only numbers are below or above each other; list values, or use == or !="

_Wrong = tuple[str, Value, str]
"""The place of what is wrong, what stands there, and the rule."""


def form_faults(when: Conditions, place: str) -> Iterator[Fault]:
    """Yield what cannot be read as a condition, as faults below `place`."""
    wrong = [one for name, said in when.items() for one in _wrong_part(name, said, place + pointer(name))]
    yield from faults_of(wrong, lambda one: Fault(one[0], f"The value {show(one[1])} is not possible: {one[2]}."))


def _wrong(condition: Value, place: str) -> Iterator[_Wrong]:
    if not isinstance(condition, Mapping) or not condition:
        yield place, condition, _OBJECT
        return
    for name, said in condition.items():
        yield from _wrong_part(name, said, place + pointer(name))


def _wrong_part(name: str, said: Value, place: str) -> Iterator[_Wrong]:
    match name, said:
        case "not", _:
            yield from _wrong(said, place)
        case "all" | "any", [_, *_]:
            for index, condition in enumerate(said):
                yield from _wrong(condition, f"{place}/{index}")
        case "all" | "any", _:
            yield place, said, _LIST
        case _, Mapping():
            yield from _wrong_comparisons(said, place)
        case _, [*_]:
            return  # what the values may be depends on the parameter
        case _:
            yield place, said, _VALUES


def _wrong_comparisons(said: Mapping[str, Value], place: str) -> Iterator[_Wrong]:
    if not said.keys() or said.keys() - set(COMPARISONS):
        yield place, said, _COMPARISON
        return
    for sign, value in said.items():
        if sign in ORDERS and not is_number(value):
            yield place + pointer(sign), value, _NUMBER


def condition_faults(
    parameters: Mapping[str, Parameter], fixed: Mapping[str, Value], unreadable: Collection[str]
) -> Iterator[Fault]:
    """Yield conditions on names that the request does not have, or that could never hold, and those in cycles."""
    leaves = [(name, leaf) for name, one in parameters.items() if one.when for leaf in parse(one.when).leaves()]
    yield from _unknown_faults(leaves, parameters, fixed, unreadable)
    for name, leaf in leaves:
        if leaf.name in parameters:
            yield from _never_taken(name, leaf, parameters[leaf.name])
        elif leaf.name in fixed:
            yield from _never_fixed(name, leaf, fixed[leaf.name])
    yield from _cycle_faults({name: names(one.when) for name, one in parameters.items()})


def _place(name: str, leaf: Leaf) -> str:
    return pointer("space", name, "when", *leaf.path)


def _unknown_faults(
    leaves: Sequence[tuple[str, Leaf]],
    parameters: Mapping[str, Parameter],
    fixed: Mapping[str, Value],
    unreadable: Collection[str],
) -> Iterator[Fault]:
    known = dict.fromkeys(sorted({*parameters, *fixed}))
    unknown = [one for one in leaves if one[1].name not in known and one[1].name not in unreadable]

    def fault(one: tuple[str, Leaf]) -> Fault:
        name, leaf = one
        detail = f"when names {show(leaf.name)}, which is neither in space nor in fixed."
        others = [other for other in known if other != name]
        return Fault(_place(name, leaf), f"{bare(name)}: {detail} {hint(leaf.name, others)}")

    yield from faults_of(unknown, fault)


def _never_fixed(name: str, leaf: Leaf, value: Value) -> Iterator[Fault]:
    """Yield a fault if the value that is fixed never meets what is said of it."""
    if isinstance(leaf, OneOf) and not leaf.values:
        yield _lists_nothing(name, leaf)
    elif not leaf.admits(value):
        said = f"lists {show(leaf.values)}" if isinstance(leaf, OneOf) else _says(leaf)
        detail = f"when {said}, but the value is fixed at {show(value)}, so it never holds."
        way = f"Leave {bare(name)} out of space, or change fixed."
        yield Fault(_place(name, leaf), f"{bare(name)}: {detail} {way}")


def _never_taken(name: str, leaf: Leaf, other: Parameter) -> Iterator[Fault]:
    """Yield a fault for what the other parameter never is."""
    if isinstance(leaf, Compared):
        if not _may_hold(leaf, other):
            detail = f"when {_says(leaf)}, but no value of the other parameter is so. Compare with one it can pass."
            yield Fault(_place(name, leaf), f"{bare(name)}: {detail}")
        return
    if not leaf.values:
        yield _lists_nothing(name, leaf)

    def fault(one: tuple[int, Value]) -> Fault:
        index, value = one
        detail = f"when lists {show(value)}, a value that the other parameter never takes. List values it can take."
        return Fault(f"{_place(name, leaf)}/{index}", f"{bare(name)}: {detail}")

    yield from faults_of([(index, one) for index, one in enumerate(leaf.values) if not _takes(other, one)], fault)


def _lists_nothing(name: str, leaf: Leaf) -> Fault:
    detail = f"when lists no value of {bare(leaf.name)}, so it could never hold. Add some."
    return Fault(_place(name, leaf), f"{bare(name)}: {detail}")


def _says(leaf: Compared) -> str:
    return f"asks for {bare(leaf.name)} {leaf.sign} {show(leaf.value)}"


def _may_hold(leaf: Compared, other: Parameter) -> bool:
    if isinstance(other, ChoiceParameter):
        return any(map(leaf.admits, other.values))
    if leaf.sign == "==":
        return _takes(other, leaf.value)
    ends: list[Value] = [other.low, highest(other), *([0] if other.zero_probability else [])]
    return any(map(leaf.admits, ends))


def _takes(parameter: Parameter, value: Value) -> bool:
    if isinstance(parameter, ChoiceParameter):
        return key(value) in parameter.keys
    if not is_number(value):
        return False
    if value == 0 and parameter.zero_probability > 0:
        return True
    if parameter.step is None:
        return False  # a point of a continuum is never met again
    grid = sound_grid(parameter)
    return grid is None or grid.holds(value)


def _cycle_faults(graph: Mapping[str, Collection[str]]) -> Iterator[Fault]:
    """Yield a fault for each parameter whose conditions lead back to it."""
    followers = on_cycles(graph)

    def fault(name: str) -> Fault:
        follower = followers[name]
        way = [name] if follower == name else [name, follower, *([] if name in graph[follower] else ["..."])]
        shown = " -> ".join(map(bare, [*way, name]))
        detail = f"{bare(name)}: its conditions lead back to itself ({shown}). Remove one of them."
        return Fault(pointer("space", name, "when"), detail)

    yield from faults_of(list(followers), fault)


def bare(name: str) -> str:
    """Return a name as it is shown within a sentence."""
    return show(name)[1:-1]
