"""Fifty steps of the engine in float64 against the same steps in PyTorch: every technique, alone and together."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from engine.layers import ACTIVATIONS
from engine.losses import LOSSES
from engine.lr_decay import DECAYS
from engine.optimizers import OPTIMIZERS
from engine.spec import BatchSize, Knobs, MemberSpec
from engine.training_set import TrainingSet
from tests.engine.parity.runs import Epoch, train_by_epoch
from tests.engine.stacks import member, random_dataset, training_set

pytestmark = pytest.mark.skipif(
    find_spec("torch") is None, reason="PyTorch is not installed: pip install torch==2.13.0"
)

TASKS = {"logistic": "binary", "softmax": "multiclass", "squared": "regression"}
DATA = {loss: training_set(random_dataset(task, (38, 12, 0), 5), np.float64) for loss, task in TASKS.items()}
# Fifty steps each: the first shows the weights after every step, the second has mini-batches, the last one smaller.
BATCHES: Mapping[str, tuple[BatchSize, int]] = {"every step": ("full", 50), "mini-batches": (8, 10)}

ALL_KNOBS = Knobs(
    0.02,
    beta1=0.8,
    beta2=0.95,
    epsilon=1e-3,
    l1=0.2,
    l2=0.3,
    keep_prob=0.8,
    input_keep_prob=0.9,
    batch_norm_beta=0.7,
    decay_rate=0.9,
    decay_every=2.0,
    warmup_epochs=2.0,
    clip_norm=0.5,
)
EVERYTHING: dict[str, Any] = {"knobs": ALL_KNOBS, "batch_norm": True, "decay": "exponential", "decay_by": "batch"}

CASES: Mapping[str, dict[str, Any]] = {
    **{name: {"optimizer": name} for name in OPTIMIZERS},
    **{f"{name}, {loss}": {"activation": name, "loss": loss} for name, loss in itertools.product(ACTIVATIONS, LOSSES)},
    "no hidden layer": {"hidden": ()},
    "L2": {"knobs": Knobs(0.02, l2=3.0)},
    "L1": {"knobs": Knobs(0.02, l1=3.0)},
    "both penalties": {"knobs": Knobs(0.02, l1=1.0, l2=1.0), "optimizer": "sgd"},
    "dropout": {"knobs": Knobs(0.02, keep_prob=0.6)},
    "input dropout": {"knobs": Knobs(0.02, input_keep_prob=0.7)},
    "both dropouts": {"knobs": Knobs(0.02, keep_prob=0.6, input_keep_prob=0.7)},
    **{f"batch norm, {name}": {"activation": name, "batch_norm": True} for name in ACTIVATIONS},
    **{f"clipping, {name}": {"optimizer": name, "knobs": Knobs(0.01, clip_norm=0.3)} for name in OPTIMIZERS},
    **{
        f"{kind} by {unit}": {"decay": kind, "decay_by": unit, "knobs": Knobs(0.1, decay_rate=0.7, decay_every=3.0)}
        for kind, unit in itertools.product([kind for kind in DECAYS if kind != "none"], ("epoch", "batch"))
    },
    "warm-up": {"knobs": Knobs(0.05, warmup_epochs=4.0)},
    **{f"everything, {name}": {**EVERYTHING, "optimizer": name} for name in OPTIMIZERS},
}


def train_twin(data: TrainingSet, spec: MemberSpec) -> list[Epoch]:
    """Train the same member in PyTorch, which takes seconds to import: one process of pytest needs it."""
    from tests.engine.parity import pytorch_twin  # noqa: PLC0415

    return pytorch_twin.train_twin(data, spec)


def make(case: Mapping[str, Any], batch: BatchSize, epochs: int) -> tuple[TrainingSet, MemberSpec]:
    wanted = {"hidden": (6, 5), "knobs": Knobs(0.02), **case}
    data = DATA[wanted.pop("loss", "softmax")]
    return data, member(data, 3, batch=batch, epochs=epochs, **wanted)


def distance(found: Sequence[Epoch], expected: Sequence[Epoch]) -> float:
    """Return the largest difference of any loss and any number of the network in two runs; NaN if one has NaN."""
    differences = []
    for one, other in zip(found, expected, strict=True):
        assert set(one.arrays) == set(other.arrays)
        differences += [np.abs(one.arrays[name] - other.arrays[name]).max() for name in one.arrays]
        differences += [np.abs(one.values[name] - other.values[name]) for name in other.values]
    return float(np.max(differences))


@pytest.mark.parametrize(("batch", "epochs"), BATCHES.values(), ids=BATCHES)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_fifty_steps_are_those_of_pytorch(case: Mapping[str, Any], batch: BatchSize, epochs: int) -> None:
    data, spec = make(case, batch, epochs)

    assert distance(train_by_epoch(data, spec), train_twin(data, spec)) < 1e-10


SEEN_KNOBS = sorted(set(Knobs.__slots__) - {"warmup_epochs"})


@pytest.mark.parametrize("knob", SEEN_KNOBS)
def test_a_knob_that_is_a_thousandth_off_is_seen(knob: str) -> None:
    data, spec = make({**EVERYTHING, "optimizer": "adam"}, 8, 10)
    other = replace(spec, knobs=replace(spec.knobs, **{knob: getattr(spec.knobs, knob) * 1.001}))

    assert distance(train_by_epoch(data, other), train_twin(data, spec)) > 1e-7
