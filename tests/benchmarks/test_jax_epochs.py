"""The JAX that the engine is timed against learns what the engine learns, from the same weights and batches."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from engine.spec import Knobs, MemberSpec
from engine.training_set import TrainingSet
from tests.engine.parity.runs import batches, initial_arrays, train_by_epoch
from tests.engine.stacks import member, random_dataset, training_set

jax = pytest.importorskip("jax", reason="JAX is not installed: pip install jax==0.10.2")
from benchmarks import jax_epochs  # noqa: E402  # it imports JAX

EPOCHS = 5
DATA = training_set(random_dataset("multiclass", (40, 12, 0), 5))
NETWORKS = [
    member(DATA, number, hidden=(7, 6), activation="relu", epochs=EPOCHS, knobs=Knobs(1e-3)) for number in (0, 1)
]


def layers(arrays: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    return [(arrays[f"W{number}"], arrays[f"b{number}"]) for number in range(1, len(arrays) // 2 + 1)]


def inputs_and_labels(data: TrainingSet) -> tuple[Any, Any]:
    return jax.numpy.asarray(data.train.x[:, :-1]), jax.numpy.asarray(data.train.targets, np.int32)


def assert_alike(spec: MemberSpec, found: jax_epochs.Layers, losses: list[float]) -> None:
    """Compare layers after all epochs, and the mean loss of each epoch, with those of the engine in float32."""
    epochs = train_by_epoch(DATA, spec)
    assert losses == pytest.approx([epoch.values["train_loss"] for epoch in epochs], rel=1e-5)
    for ours, theirs in zip(layers(epochs[-1].arrays), found, strict=True):
        for array, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(other, array, rtol=1e-4, atol=1e-5)


def test_one_network_in_a_scan_learns_what_a_member_learns() -> None:
    (spec, _), losses = NETWORKS, []
    state = jax_epochs.start(jax.tree.map(jax.numpy.asarray, layers(initial_arrays(spec))))
    for epoch in range(EPOCHS):
        orders = np.stack(list(batches(DATA, spec, epoch)))
        state, by_step = jax.jit(jax_epochs.epoch_alone)(state, *inputs_and_labels(DATA), orders)
        losses.append(float(by_step.mean()))
    assert_alike(spec, state.layers, losses)


def test_each_network_of_a_stack_learns_what_a_member_learns() -> None:
    stacked = jax.tree.map(
        lambda *arrays: jax.numpy.stack(arrays), *(layers(initial_arrays(spec)) for spec in NETWORKS)
    )
    state, losses = jax.vmap(jax_epochs.start)(stacked), []
    for epoch in range(EPOCHS):
        orders = np.stack([np.stack(list(batches(DATA, spec, epoch))) for spec in NETWORKS], axis=1)
        state, by_step = jax.jit(jax_epochs.epoch_of_stack)(state, *inputs_and_labels(DATA), orders)
        losses.append(by_step.mean(axis=0))
    for number, spec in enumerate(NETWORKS):
        found = jax.tree.map(lambda array, row=number: array[row], state.layers)
        assert_alike(spec, found, [float(loss[number]) for loss in losses])
