"""Layers by count: a sweep may say `hidden_layers` and the `units` of each in place of lists of widths.

They become the widths in `hidden_units` where a trial becomes a network; nothing behind that knows of them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from app.domain.conditions import Conditions
from app.domain.errors import Fault, pointer
from app.domain.space import ChoiceParameter, Parameter, highest
from app.domain.values import Value
from engine.hyperparameters import HYPERPARAMETERS, Hyperparameter
from engine.hyperparameters.base import Alias
from engine.hyperparameters.ranges import Range, Whole, Widths

REPLACED = "hidden_units"
"""The hyperparameter in whose place these stand."""

COUNT, SHARED = "hidden_layers", "units"

_LAYERS_UNLESS_SAID = 1


def _rows() -> Iterator[Hyperparameter]:
    widths = HYPERPARAMETERS[REPLACED].allowed
    assert isinstance(widths, Widths)
    width, layers = Whole(1, widths.widest), range(1, widths.layers + 1)
    deep = Alias(("n_layers", "num_layers", "depth", "num_hidden_layers"))
    wide = Alias(("n_units", "num_units", "hidden_size", "hidden_dim", "n_hidden", "width"))
    yield _row(
        COUNT,
        Whole(0, widths.layers),
        _LAYERS_UNLESS_SAID,
        "the number of hidden layers, in place of `hidden_units`",
        deep,
    )
    yield _row(SHARED, width, 64, "the width of each hidden layer that has none of its own", wide)
    for layer in layers:
        yield _row(f"{SHARED}_{layer}", width, None, f"the width of hidden layer {layer}; `units` unless said")


def _row(name: str, allowed: Range, default: int | None, meaning: str, *aliases: Alias) -> Hyperparameter:
    return Hyperparameter(name, "structure", allowed, default, default, meaning, aliases)


LAYERS: Mapping[str, Hyperparameter] = {row.name: row for row in _rows()}
"""What a sweep may search or fix in place of `hidden_units`."""

_OWN = [name for name in LAYERS if name not in {COUNT, SHARED}]
"""The width of each layer, the first one first."""


def widths_of(params: Mapping[str, Value]) -> list[Value] | None:
    """Return the widths of the hidden layers, the first one first; None where nothing is said of layers by count."""
    if LAYERS.keys().isdisjoint(params):
        return None
    said = by_count(params)
    count: Any = said[COUNT]
    return [said[name] for name in _OWN[:count]]


def by_count(params: Mapping[str, Value]) -> dict[str, Value]:
    """Return the number of layers and the width of each that these parameters say, or by default."""
    shared = params.get(SHARED, LAYERS[SHARED].default)
    return {
        COUNT: params.get(COUNT, LAYERS[COUNT].default),
        SHARED: shared,
        **{name: params.get(name, shared) for name in _OWN},
    }


def conditioned(parameters: Mapping[str, Parameter], fixed: Mapping[str, Value]) -> dict[str, Parameter]:
    """Return the parameters of a space, where each width has the condition that there is a layer of it."""
    said = _Said.of(parameters, fixed)
    if said is None:
        return dict(parameters)
    return {
        name: replace(one, when=_and(said.there(said.first(name)), one.when)) if said.at_times(name) else one
        for name, one in parameters.items()
    }


def _and(there: Conditions, when: Conditions | None) -> Conditions:
    """Return that both hold; a condition that has it already stays as it is."""
    if not when or when == there:
        return there
    match when:
        case {"all": [first, _]} if first == there:
            return when
    return {"all": [there, when]}


def layer_faults(parameters: Mapping[str, Parameter], fixed: Mapping[str, Value]) -> Iterator[Fault]:
    """Yield widths said in two ways, and those that no network of the sweep would have."""
    names = [name for name in LAYERS if name in parameters or name in fixed]
    if names and (REPLACED in parameters or REPLACED in fixed):
        detail = f"{REPLACED} lists the widths of the layers, and {' and '.join(names[:2])} say them as well."
        yield Fault(_place(REPLACED, parameters), f"{detail} Use one of the two.")
    said = _Said.of(parameters, fixed)
    for name in names if said else ():
        if name != COUNT and said and said.first(name) > said.most:
            yield Fault(_place(name, parameters), _never_used(name, said.most))


def _never_used(name: str, most: int) -> str:
    at_most = f"{COUNT} is {most} at most"
    if name == SHARED:
        return f"Every layer has a width of its own, as {at_most}, so units is never used. Leave it out."
    return f"{name} is never used, as {at_most}. Raise {COUNT}, or leave {name} out."


def widest(parameters: Mapping[str, Parameter], fixed: Mapping[str, Value]) -> tuple[Sequence[Value], str] | None:
    """Return the widths of the largest network that the bounds allow, and where it is said; None if not by count."""
    said = _Said.of(parameters, fixed)
    names = [name for name in LAYERS if name in parameters or name in fixed]
    if said is None or not names:
        return None
    return [said.most_units(name) for name in _OWN[: said.most]], _place(names[0], parameters)


def _place(name: str, parameters: Mapping[str, Parameter]) -> str:
    return pointer("space" if name in parameters else "fixed", name)


@dataclass(frozen=True)
class _Said:
    """The values that each of `LAYERS` may have in a sweep, as far as they are said: from the lowest to the highest.

    `always` are those that every trial has which has a layer of theirs; the others may also have their default.
    `counted` is whether the number of layers is said in every trial.
    """

    ends: Mapping[str, tuple[int, int]]
    always: frozenset[str]
    counted: bool

    @classmethod
    def of(cls, parameters: Mapping[str, Parameter], fixed: Mapping[str, Value]) -> Self | None:
        """Return what is said, None if any of it is no value of its range: that is told elsewhere."""
        values = {name: _ends(parameters.get(name), fixed.get(name)) for name in LAYERS}
        ends = {name: found for name, found in values.items() if found}
        if not all(LAYERS[name].allowed.accepts(end) for name, found in ends.items() for end in found):
            return None
        whens = {name: parameters[name].when for name in ends if name in parameters}
        always, counted = {name for name in ends if not whens.get(name)}, not whens.get(COUNT)
        always |= {name for layer, name in enumerate(_OWN, 1) if whens.get(name) == _there(layer, counted=counted)}
        if whens.get(SHARED) == _there(_first_shared(always), counted=counted):
            always.add(SHARED)
        return cls({name: (min(found), max(found)) for name, found in ends.items()}, frozenset(always), counted)

    @property
    def fewest(self) -> int:
        """The fewest layers of a trial."""
        return min(self._with_default(COUNT))

    @property
    def most(self) -> int:
        """The most layers of a trial."""
        return max(self._with_default(COUNT))

    def _with_default(self, name: str) -> tuple[int, ...]:
        return (*self.ends.get(name, ()), *(() if name in self.always else (LAYERS[name].default,)))

    def there(self, layer: int) -> Conditions:
        """Return the condition that a trial has this layer."""
        return _there(layer, counted=self.counted)

    def first(self, name: str) -> int:
        """Return the first layer that may have the width `name`."""
        return _first_shared(self.always) if name == SHARED else _OWN.index(name) + 1

    def at_times(self, name: str) -> bool:
        """Return whether some trials have a layer of this width and others have not."""
        return name in LAYERS and name != COUNT and self.fewest < self.first(name) <= self.most

    def most_units(self, name: str) -> int:
        """Return the largest width of the layer with the width `name`."""
        shared = () if name in self.always else self._with_default(SHARED)
        widths: Sequence[int] = (*self.ends.get(name, ()), *shared)
        return max(widths)


def _there(layer: int, *, counted: bool) -> Conditions:
    there: Conditions = {COUNT: {">=": layer}}
    if counted or layer > _LAYERS_UNLESS_SAID:
        return there
    return {"any": [there, {"not": {COUNT: {">=": 0}}}]}  # where no number is drawn, there are layers nevertheless


def _first_shared(always: Collection[str]) -> int:
    """Return the first layer that may have no width of its own, one behind all if there is none."""
    return next((layer for layer, name in enumerate(_OWN, 1) if name not in always), len(_OWN) + 1)


def _ends(parameter: Parameter | None, fixed: Value) -> Sequence[Any]:
    if isinstance(parameter, ChoiceParameter):
        return parameter.values
    if parameter is not None:
        return [parameter.low, highest(parameter), *([0] if parameter.zero_probability else [])]
    return [] if fixed is None else [fixed]
