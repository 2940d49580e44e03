"""The hyperparameters of the REST contract: their ranges, defaults, and what the engine makes of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, get_args

from app.contract.other_names import suggestion
from app.contract.ranges import Flag, Object, OneOf, Range, Real, Whole, Widths, kind_of, refusal
from app.domain.datasets import Task
from app.domain.errors import Fault, faults_of, pointer, show
from app.domain.hints import hint
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Parameter, Value
from engine.bounds import KNOB_BOUNDS, Bounds
from engine.initializers import INITIALIZERS
from engine.layers import ACTIVATIONS
from engine.lr_decay import DECAYS, DecayUnit
from engine.optimizers import OPTIMIZERS
from engine.rules import FIRST
from engine.training_set import double_names, raw_doubles


@dataclass(frozen=True, slots=True)
class Hyperparameter:
    """One hyperparameter: what it may be, what it is when the user says nothing, and what it means."""

    allowed: Range
    default: Value
    meaning: str


_AUGMENT = Object(
    {
        "flip": Real(Bounds(0.0, 1.0)),
        "tilt": Real(Bounds(0.0, 180.0)),
        "shift": Real(Bounds(0.0, 1000.0)),
        "zoom": Real(Bounds(0.0, 1.0, high_open=True)),
        "elastic": Real(Bounds(0.0, 1000.0)),
        "elastic_sigma": Real(Bounds(0.3, 100.0)),
    }
)


def _knob(name: str, default: float, meaning: str) -> Hyperparameter:
    return Hyperparameter(Real(KNOB_BOUNDS[name]), default, meaning)


HYPERPARAMETERS: Mapping[str, Hyperparameter] = {
    "hidden_units": Hyperparameter(Widths(16, 16_384), (64,), "the width of each hidden layer"),
    "activation": Hyperparameter(OneOf(tuple(ACTIVATIONS)), "relu", "the function after each hidden layer"),
    "initializer": Hyperparameter(OneOf(("auto", *INITIALIZERS)), "auto", "the variance of the initial weights"),
    "optimizer": Hyperparameter(OneOf(tuple(OPTIMIZERS)), "adam", "how weights follow the gradient"),
    "learning_rate": _knob("learning_rate", 0.001, "alpha, the size of a step"),
    "beta1": _knob("beta1", 0.9, "how long momentum and Adam remember the gradient"),
    "beta2": _knob("beta2", 0.999, "how long RMSprop and Adam remember its square"),
    "epsilon": _knob("epsilon", 1e-8, "what keeps RMSprop and Adam from dividing by zero"),
    "batch_size": Hyperparameter(Whole(1, 10_000_000, ("full",)), 64, "the examples of a mini-batch"),
    "epochs": Hyperparameter(Whole(1, 1_000_000), 20, "the passes over the training part, at most"),
    "l1": _knob("l1", 0.0, "lambda of the L1 penalty on the weights"),
    "l2": _knob("l2", 0.0, "lambda of the L2 penalty on the weights"),
    "keep_prob": _knob("keep_prob", 1.0, "the share of hidden units that dropout keeps"),
    "input_keep_prob": _knob("input_keep_prob", 1.0, "the share of inputs that dropout keeps"),
    "batch_norm": Hyperparameter(Flag(), False, "whether each hidden layer normalises its sums over the mini-batch"),
    "batch_norm_beta": _knob("batch_norm_beta", 0.9, "how long batch norm remembers the moments of mini-batches"),
    "decay": Hyperparameter(OneOf(tuple(DECAYS)), "none", "how the learning rate falls"),
    "decay_rate": _knob("decay_rate", 0.95, "the rate of the decay, or its factor"),
    "decay_every": _knob("decay_every", 1.0, "the epochs or mini-batches of one period of decay"),
    "decay_by": Hyperparameter(OneOf(get_args(DecayUnit)), "epoch", "whether the decay counts epochs or mini-batches"),
    "warmup_epochs": _knob("warmup_epochs", 0.0, "the epochs in which the learning rate rises to its value"),
    "clip_norm": _knob("clip_norm", 0.0, "the length above which a gradient is shortened; 0 is no limit"),
    "augment": Hyperparameter(_AUGMENT, {}, "how far the training images are moved, anew for each mini-batch"),
    "normalize_inputs": Hyperparameter(Flag(), True, "whether each input gets mean 0 and deviation 1"),
}

MOST_WEIGHTS = 50_000_000
"""The most weights that a network may have: a worker keeps five numbers for each, 1 GB in all."""

_METRICS = {"regression": ("dev_rmse", "dev_loss", "train_loss")}


def metrics_for(task: Task) -> tuple[str, ...]:
    """Return the metrics that can be the objective of a task; the first is the usual one."""
    return _METRICS.get(task, ("dev_error", "dev_loss", "train_loss"))


def complete(params: Mapping[str, Value]) -> dict[str, Value]:
    """Return all hyperparameters: those given, and the defaults of the others."""
    return {name: params.get(name, known.default) for name, known in HYPERPARAMETERS.items()}


def network_faults(hidden_units: Value, inputs: int, outputs: int, pointer: str) -> list[Fault]:
    """Return what is wrong with the size of a network; widths that are none are left to other checks."""
    if not HYPERPARAMETERS["hidden_units"].allowed.accepts(hidden_units):
        return []
    widths: list[Any] = [inputs, *_list(hidden_units), outputs]
    weights = sum((n_in + 1) * n_out for n_in, n_out in pairwise(widths))
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


def cohort_key(dataset_sha256: str, params: Mapping[str, Value], rules: int) -> str:
    """Return the key that trials share which can train in one stack.

    Runs that were queued before rules had versions have keys without one.
    """
    shape = complete(params)
    widths = "-".join(str(width) for width in _list(shape["hidden_units"]))
    inputs = "normalized" if shape["normalize_inputs"] else "raw"
    norm = ":batch_norm" if shape["batch_norm"] else ""
    version = "" if rules == FIRST else f":rules {rules}"
    return f"{dataset_sha256[:16]}:{widths}:{shape['activation']}:{shape['batch_size']}:{inputs}{norm}{version}"


def plain(name: str, value: Value) -> Value:
    """Return a value as the engine writes it: 20.0 is 20 where whole numbers are meant, hidden_units 64 is [64]."""
    known = HYPERPARAMETERS.get(name)
    return value if known is None else known.allowed.plain(value)


def plain_parameter(name: str, parameter: Parameter) -> Parameter:
    """Return a parameter with its values, and those of its conditions, as the engine writes them."""
    when = parameter.when and {
        other: [plain(other, value) for value in allowed] for other, allowed in parameter.when.items()
    }
    if isinstance(parameter, ChoiceParameter):
        return replace(parameter, when=when, values=tuple(plain(name, value) for value in parameter.values))
    return replace(parameter, when=when)


def value_faults(name: str, value: Value, place: str) -> list[Fault]:
    """Return what is wrong with a fixed value, as faults at `place`."""
    known = HYPERPARAMETERS.get(name)
    if known is None:
        return [Fault(place, unknown(name))]
    return [] if known.allowed.accepts(value) else [Fault(place, refusal(name, value, known.allowed))]


def fixed_value_faults(fixed: Mapping[str, Value]) -> Iterator[Fault]:
    """Yield what is wrong with each of some fixed values."""
    yield from faults_of(
        [name for name in fixed if name not in HYPERPARAMETERS],
        lambda name: Fault(pointer("fixed", name), unknown(name)),
    )
    for name, value in fixed.items():
        if name in HYPERPARAMETERS:
            yield from value_faults(name, value, pointer("fixed", name))


def parameter_faults(name: str, parameter: Parameter, place: str) -> list[Fault]:
    """Return what is wrong with searching `name` along `parameter`, as faults below `place`."""
    known = HYPERPARAMETERS.get(name)
    if known is None:
        return [Fault(place, unknown(name))]
    kind = kind_of(parameter)
    if kind not in known.allowed.kinds:
        ways = " or ".join(f'"{way}"' for way in known.allowed.kinds)
        detail = f'{name} cannot be searched as "{kind}": it must be {known.allowed.rule()}. Use kind {ways}.'
        return [Fault(f"{place}/kind", detail)]
    points = _choices(parameter) if isinstance(parameter, ChoiceParameter) else _bounds(parameter)
    refused = [(where, value) for where, value in points.items() if not known.allowed.accepts(value)]
    return list(faults_of(refused, lambda one: Fault(f"{place}/{one[0]}", refusal(name, one[1], known.allowed))))


def unknown(name: str) -> str:
    """Return the sentence for a name that no hyperparameter has, in the words of other tools too."""
    return f"There is no hyperparameter {show(name)}. {suggestion(name) or hint(name, HYPERPARAMETERS)}"


def _choices(parameter: ChoiceParameter) -> dict[str, Value]:
    return {f"values/{index}": value for index, value in enumerate(parameter.values)}


def _bounds(parameter: FloatParameter | IntParameter) -> dict[str, Value]:
    return {"low": parameter.low, "high": parameter.high}


def _list(value: Value) -> list[Value]:
    return list(value) if isinstance(value, list | tuple) else [value]
