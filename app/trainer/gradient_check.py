"""The gradient check on a prepared data set, with bounds on its work: a few seconds, whatever is asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from app.contract.combinations import combination_faults
from app.contract.hyperparameters import HYPERPARAMETERS, SEARCHABLE, complete, fixed_value_faults
from app.contract.layers import LAYERS, REPLACED, layer_faults
from app.domain.errors import Fault, pointer
from app.domain.values import Value
from app.trainer.member import spec_of
from engine.augmentation.settings import Augmentation
from engine.data import Dataset
from engine.gradient_check import COORDINATES, EXAMPLES, GradientCheck, Verdict, gradient_check, refusals
from engine.layout import Layout
from engine.seeds import Seed
from engine.training_set import TrainingSet

__all__ = ["MOST_STEPS", "GradientCheck", "Verdict", "check_gradients", "fixed_faults", "work_faults"]

MOST_STEPS = 1_000
"""The most mini-batches of training before the second check."""

MOST_CHECKED_WEIGHTS, MOST_CHECKED_UNITS = 100_000, 1_000
"""What a network may have that is checked."""

_TRAINING, _DIFFERENCES = 3_000_000_000, 2_000_000_000
"""What the training, and the differences of one check, may cost by `_Work`: each takes a second or two."""

_SIZES = (REPLACED, *LAYERS)
"""What says how large a network is."""

_NUMBERS = 4_000_000
"""The inputs of training examples that a check reads, about; a larger training part is thinned out evenly."""


def fixed_faults(fixed: Mapping[str, Value]) -> Iterator[Fault]:
    """Yield what is wrong with the hyperparameters, on any data set."""
    yield from layer_faults({}, fixed)
    yield from fixed_value_faults(fixed)
    yield from combination_faults(
        {
            name: [(fixed[name], pointer("fixed", name))] if name in fixed else [(known.default, "")]
            for name, known in HYPERPARAMETERS.items()
        }
    )
    sound: Mapping[str, Any] = complete({name: value for name, value in fixed.items() if _accepts(fixed, name)})
    found = refusals(sound["keep_prob"], sound["input_keep_prob"], Augmentation(**sound["augment"]))
    yield from (Fault(pointer("fixed", name), detail) for name, detail in found.items())


def work_faults(fixed: Mapping[str, Value], steps: int | None, inputs: int, outputs: int) -> Iterator[Fault]:
    """Yield why a check of this network would take too long; values at fault themselves are left to other checks."""
    if not all(_accepts(fixed, name) for name in (*_SIZES, "batch_size", "batch_norm")):
        return
    work = _Work.of(complete(fixed), inputs, outputs)
    if work.weights > MOST_CHECKED_WEIGHTS or work.units > MOST_CHECKED_UNITS:
        size = f"The network has {work.weights:,} weights and {work.units:,} hidden units on this data set"
        rule = f"at most {MOST_CHECKED_WEIGHTS:,} and {MOST_CHECKED_UNITS:,} can be checked"
        place = next((name for name in _SIZES if name in fixed), REPLACED)
        yield Fault(pointer("fixed", place), f"{size}; {rule}. Make its layers fewer or narrower.")
        return
    most = _TRAINING // work.of_pass
    if steps is not None and most < steps <= MOST_STEPS:
        rule = f"with this network and batch size at most {most:,} are possible"
        yield Fault("/steps", f"The number of steps is {steps:,}; {rule}. Take fewer, or a smaller network.")


def check_gradients(content: bytes, fixed: Mapping[str, Value], seed: int, steps: int) -> Sequence[GradientCheck]:
    """Check a network on a prepared data set at its start and, unless `steps` is 0, after so many mini-batches.

    Nothing may be wrong by the functions above. The network starts as trial 0 of a sweep with this seed does, but
    computes in float64, in mini-batches of 128 at most.
    """
    params: Mapping[str, Any] = complete(fixed)
    thinned = _thinned(Dataset.from_bytes(content))
    data = TrainingSet.of(thinned, normalize_inputs=params["normalize_inputs"], dtype=np.float64)
    work = _Work.of(params, data.inputs, data.outputs)
    spec = spec_of({**params, "batch_size": work.examples}, data, Seed(seed, 0))
    coordinates = min(_DIFFERENCES // work.of_pass, COORDINATES)
    return [gradient_check(data, spec, after, coordinates=coordinates) for after in sorted({0, steps})]


@dataclass(frozen=True, slots=True)
class _Work:
    """What decides how long a check takes; `examples` are those of a mini-batch here."""

    inputs: int
    units: int
    weights: int
    examples: int

    @classmethod
    def of(cls, params: Mapping[str, Any], inputs: int, outputs: int) -> Self:
        hidden, batch_size = params["hidden_units"], params["batch_size"]
        weights = Layout.of((inputs, *hidden, outputs), batch_norm=params["batch_norm"]).trained
        return cls(inputs, sum(hidden), weights, EXAMPLES if batch_size == "full" else min(batch_size, EXAMPLES))

    @property
    def of_pass(self) -> int:
        """The work of one pass through the network, about a nanosecond each.

        Measured: a unit takes up to 128 times as long as a weight, with tanh and batch norm, and an input 4 times;
        fewer than 64 examples take no less than 64, as starting operations takes its time.
        """
        return max(self.examples, 64) * (self.weights + 128 * self.units + 4 * self.inputs)


def _accepts(fixed: Mapping[str, Value], name: str) -> bool:
    return name not in fixed or (name in SEARCHABLE and SEARCHABLE[name].allowed.accepts(fixed[name]))


def _thinned(dataset: Dataset) -> Dataset:
    """Return the data set with no more examples than a check needs."""
    rows, inputs = dataset.x_train.shape
    every = max(rows // max(_NUMBERS // inputs, EXAMPLES), 1)
    x, y, doubles = dataset.x_train[::every], dataset.y_train[::every], dataset.doubles
    if doubles is not None:
        doubles = replace(doubles, train=doubles.train[::every], dev=doubles.dev[:1])
    return replace(dataset, x_train=x, y_train=y, x_dev=dataset.x_dev[:1], y_dev=dataset.y_dev[:1], doubles=doubles)
