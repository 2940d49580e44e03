"""Networks that have nothing to learn and a strong penalty: all their numbers fade into subnormals."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data import Dataset
from engine.population import Checkpoint
from engine.spec import Knobs, MemberSpec
from engine.training_set import TrainingSet
from tests.engine.stacks import member, random_dataset, training_set

EPOCHS = 30


def _nothing_to_learn() -> Dataset:
    """Return a regression whose target is always 0."""
    dataset = random_dataset("regression", (61, 23, 17), 5)
    for y in (dataset.y_train, dataset.y_dev, dataset.y_test):
        y[...] = 0.0
    return dataset


DATA = training_set(_nothing_to_learn())
WIDE_DATA = training_set(_nothing_to_learn(), np.float64)

# With so large an epsilon the steps of RMSprop and Adam shrink with the gradient, as those of the others do.
KNOBS = Knobs(0.4, beta1=0.5, beta2=0.5, epsilon=1.0, l2=12.0, batch_norm_beta=0.5)
# Float64 has eight times as many exponents to fade through.
WIDE_KNOBS, WIDE_EPOCHS = replace(KNOBS, learning_rate=0.6, beta1=0.1, beta2=0.1), 2 * EPOCHS


def fading(number: int = 0, data: TrainingSet = DATA, **differing: Any) -> MemberSpec:
    """Return a member that fades."""
    knobs, epochs = (KNOBS, EPOCHS) if data is DATA else (WIDE_KNOBS, WIDE_EPOCHS)
    return member(data, number, **{"knobs": knobs, "epochs": epochs, "optimizer": "sgd", **differing})


def subnormal_count(array: NDArray[Any]) -> int:
    """Return how many numbers are subnormal, by their bits: no exponent, and something after it."""
    unsigned = np.dtype(f"u{array.itemsize}")
    bits = array.view(unsigned) << np.array(1, unsigned)
    return int(np.sum((bits >> (np.finfo(array.dtype).nmant + 1) == 0) & (bits != 0)))


def subnormals_of(checkpoint: Checkpoint) -> dict[str, int]:
    """Return which of a member's rows hold subnormals, and how many."""
    counts = {name: subnormal_count(row) for name, row in checkpoint.rows.items()}
    return {name: count for name, count in counts.items() if count}
