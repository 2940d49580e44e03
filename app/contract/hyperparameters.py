"""The hyperparameters as requests name them: completed, written plainly, and what is wrong with their values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from app.contract.layers import LAYERS, REPLACED, by_count, widths_of
from app.domain.conditions import rewritten
from app.domain.datasets import DatasetSummary
from app.domain.errors import Fault, faults_of, pointer, show
from app.domain.hints import hint
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Parameter
from app.domain.sweeps import SweepSpec
from app.domain.values import Value, whole
from engine.hyperparameters import HYPERPARAMETERS, Hyperparameter, names_of
from engine.hyperparameters.other_names import OTHER_NAMES, words_of
from engine.hyperparameters.other_names import suggestion as suggestion_of
from engine.hyperparameters.ranges import Range, Search, Whole, Widths
from engine.layout import Layout
from engine.rules import FIRST
from engine.training_set import double_names, raw_doubles

__all__ = [
    "HYPERPARAMETERS",
    "KNOBS",
    "MOST_WEIGHTS",
    "SEARCHABLE",
    "Hyperparameter",
    "NetworkSize",
    "augment_faults",
    "class_weight_faults",
    "cohort_key",
    "complete",
    "fixed_data_faults",
    "fixed_value_faults",
    "model_bytes",
    "network_faults",
    "network_size",
    "normalize_faults",
    "parameter_faults",
    "params_of",
    "plain",
    "plain_parameter",
    "searchable_of",
    "suggestion",
    "unknown",
    "value_faults",
]


KNOBS = names_of("knob")
"""The plain numbers that may differ from member to member of a stack, and change while one trains."""

MOST_WEIGHTS = 50_000_000
"""The most weights that a network may have: a worker keeps five numbers for each, 1 GB in all."""


SEARCHABLE: Mapping[str, Hyperparameter] = {**HYPERPARAMETERS, **LAYERS}
"""What a sweep may search or fix: what networks are trained with, and layers by count in place of their widths."""

_OTHER_NAMES = {**OTHER_NAMES, **words_of(LAYERS.values())}


def suggestion(name: str) -> str | None:
    """Return what to say to someone who uses another tool's word for a hyperparameter, or None."""
    return suggestion_of(name, _OTHER_NAMES)


def complete(*given: Mapping[str, Value]) -> dict[str, Value]:
    """Return all hyperparameters: those given, of which later ones count, and the defaults of the others.

    Layers by count become widths.

    It is called where a trial leaves the sweep that says what it fixes: beyond that, nothing has a default any more.
    """
    said = {name: value for some in given for name, value in some.items()}
    if (widths := widths_of(said)) is not None:
        said[REPLACED] = widths
    return {name: said.get(name, known.default) for name, known in HYPERPARAMETERS.items()}


def params_of(spec: SweepSpec, drawn: Mapping[str, Value]) -> dict[str, Value]:
    """Return all parameters of a trial of a sweep: those of foreign trainers have no defaults here."""
    return complete(spec.fixed, drawn) if spec.foreign is None else {**spec.fixed, **drawn}


def searchable_of(spec: SweepSpec, drawn: Mapping[str, Value]) -> dict[str, Value]:
    """Return all parameters of a trial by the names that a space may give them: layers by count beside the widths."""
    own = spec.foreign is None
    return {**(by_count({**spec.fixed, **drawn}) if own else {}), **params_of(spec, drawn)}


@dataclass(frozen=True, slots=True)
class NetworkSize:
    """A network with its trained numbers, and the multiply-adds of its matrices for one example, forward alone."""

    hidden_units: Sequence[int]
    weights: int
    multiply_adds: int


def network_size(params: Mapping[str, Value], dataset: DatasetSummary) -> NetworkSize:
    """Return the size of a trial's network on a data set; `params` are all its hyperparameters."""
    hidden: list[Any] = _list(params["hidden_units"])
    widths = [dataset.features, *hidden, dataset.outputs]
    weights = Layout.of(widths, batch_norm=params["batch_norm"] is True).trained
    return NetworkSize(hidden, weights, sum(n_in * n_out for n_in, n_out in pairwise(widths)))


def model_bytes(hidden_units: Value, inputs: int, outputs: int, *, batch_norm: bool) -> int:
    """Return what the numbers of a network take as a kept model."""
    widths: list[Any] = [inputs, *_list(hidden_units), outputs]
    return 4 * Layout.of(widths, batch_norm=batch_norm).size


def network_faults(
    hidden_units: Value, inputs: int, outputs: int, pointer: str, *, batch_norm: bool = False
) -> list[Fault]:
    """Return what is wrong with the size of a network; widths that are none are left to other checks."""
    if not HYPERPARAMETERS["hidden_units"].allowed.accepts(hidden_units):
        return []
    widths: list[Any] = [inputs, *_list(hidden_units), outputs]
    weights = Layout.of(widths, batch_norm=batch_norm).trained
    if weights <= MOST_WEIGHTS:
        return []
    detail = f"A network of {show(hidden_units)} has {weights:,} weights on this data set"
    return [Fault(pointer, f"{detail}; at most {MOST_WEIGHTS:,} are possible. Make its layers narrower.")]


def augment_faults(augment: Value, image: object, pointer: str) -> list[Fault]:
    """Return what is wrong with augmenting a data set whose card has this `image`; an empty object augments nothing."""
    if not augment or image or not HYPERPARAMETERS["augment"].allowed.accepts(augment):
        return []
    way = "Say the shape when you post the data set, for example image=28x28, or leave augment out."
    return [Fault(pointer, f"Only images can be augmented, and the rows of this data set are none. {way}")]


def normalize_faults(normalize: Value, card: Mapping[str, object], pointer: str) -> list[Fault]:
    """Return what is wrong with leaving the inputs of a data set with this card as they are."""
    names = double_names(card)
    return [Fault(pointer, raw_doubles(names))] if normalize is False and names else []


def class_weight_faults(weights: Value, card: Mapping[str, object], place: str) -> list[Fault]:
    """Return what is wrong with weighing the classes of a data set with this card: it may have none, or others."""
    if weights == "none" or not HYPERPARAMETERS["class_weight"].allowed.accepts(weights):
        return []
    classes = card.get("classes")
    if not isinstance(classes, list) or not classes:
        return [Fault(place, "Only classes can be weighed, and the target is a number. Leave class_weight out.")]
    strangers = [name for name in weights if name not in classes] if isinstance(weights, Mapping) else []
    return list(faults_of(strangers, lambda name: Fault(f"{place}{pointer(name)}", _no_class(name, classes))))


def _no_class(name: str, classes: Sequence[str]) -> str:
    return f"There is no class {show(name)} in the target. {hint(name, classes)}"


def cohort_key(dataset_sha256: str, params: Mapping[str, Value], rules: int) -> str:
    """Return the key that trials share which can train in one stack; `params` are all their hyperparameters.

    Runs that were queued before rules had versions have keys without one.
    """
    widths = "-".join(str(width) for width in _list(params["hidden_units"]))
    inputs = "normalized" if params["normalize_inputs"] else "raw"
    norm = ":batch_norm" if params["batch_norm"] else ""
    version = "" if rules == FIRST else f":rules {rules}"
    return f"{dataset_sha256[:16]}:{widths}:{params['activation']}:{params['batch_size']}:{inputs}{norm}{version}"


def plain(name: str, value: Value) -> Value:
    """Return a value as the engine writes it: 20.0 is 20 where whole numbers are meant, hidden_units 64 is [64]."""
    allowed = SEARCHABLE[name].allowed if name in SEARCHABLE else None
    if isinstance(allowed, Whole):
        return whole(value)
    if isinstance(allowed, Widths):
        return _plain_widths(value)
    return value


def _plain_widths(value: Value) -> Value:
    if isinstance(value, list | tuple):
        return [whole(width) for width in value]
    return [whole(value)] if isinstance(value, int | float) and not isinstance(value, bool) else value


def plain_parameter(name: str, parameter: Parameter) -> Parameter:
    """Return a parameter with its values, and those of its conditions, as the engine writes them."""
    when = parameter.when and rewritten(parameter.when, plain)
    if isinstance(parameter, ChoiceParameter):
        return replace(parameter, when=when, values=tuple(plain(name, value) for value in parameter.values))
    return replace(parameter, when=when)


def value_faults(name: str, value: Value, place: str) -> list[Fault]:
    """Return what is wrong with a fixed value, as faults at `place`."""
    known = SEARCHABLE.get(name)
    if known is None:
        return [Fault(place, unknown(name))]
    return [] if known.allowed.accepts(value) else [Fault(place, _refusal(name, value, known.allowed))]


def fixed_value_faults(fixed: Mapping[str, Value]) -> Iterator[Fault]:
    """Yield what is wrong with each of some fixed values."""
    yield from faults_of(
        [name for name in fixed if name not in SEARCHABLE],
        lambda name: Fault(pointer("fixed", name), unknown(name)),
    )
    for name, value in fixed.items():
        if name in SEARCHABLE:
            yield from value_faults(name, value, pointer("fixed", name))


def fixed_data_faults(fixed: Mapping[str, Value], card: Mapping[str, object]) -> Iterator[Fault]:
    """Yield what is wrong with fixed values on a data set with this card, but for the size of the network."""
    checks = {"normalize_inputs": normalize_faults, "class_weight": class_weight_faults}
    for name, faults in checks.items():
        yield from faults(fixed.get(name, HYPERPARAMETERS[name].default), card, pointer("fixed", name))


def parameter_faults(name: str, parameter: Parameter, place: str) -> list[Fault]:
    """Return what is wrong with searching `name` along `parameter`, as faults below `place`."""
    known = SEARCHABLE.get(name)
    if known is None:
        return [Fault(place, unknown(name))]
    kind = _kind_of(parameter)
    if kind not in known.allowed.kinds:
        ways = " or ".join(f'"{way}"' for way in known.allowed.kinds)
        detail = f'{name} cannot be searched as "{kind}": it must be {known.allowed.rule()}. Use kind {ways}.'
        return [Fault(f"{place}/kind", detail)]
    points = _choices(parameter) if isinstance(parameter, ChoiceParameter) else _bounds(parameter)
    refused = [(where, value) for where, value in points.items() if not known.allowed.accepts(value)]
    return list(faults_of(refused, lambda one: Fault(f"{place}/{one[0]}", _refusal(name, one[1], known.allowed))))


def unknown(name: str) -> str:
    """Return the sentence for a name that no hyperparameter has, in the words of other tools too."""
    return f"There is no hyperparameter {show(name)}. {suggestion(name) or hint(name, SEARCHABLE)}"


def _refusal(name: str, value: Value, allowed: Range) -> str:
    return f"The value {show(value)} is not possible for {name}: it must be {allowed.reason(value)}."


def _kind_of(parameter: Parameter) -> Search:
    if isinstance(parameter, ChoiceParameter):
        return "choice"
    return "float" if isinstance(parameter, FloatParameter) else "int"


def _choices(parameter: ChoiceParameter) -> dict[str, Value]:
    return {f"values/{index}": value for index, value in enumerate(parameter.values)}


def _bounds(parameter: FloatParameter | IntParameter) -> dict[str, Value]:
    zero = {"zero_probability": 0} if parameter.zero_probability else {}
    return {"low": parameter.low, "high": parameter.high, **zero}


def _list(value: Value) -> list[Value]:
    return list(value) if isinstance(value, list | tuple) else [value]
