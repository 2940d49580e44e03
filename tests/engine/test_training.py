"""Whole training runs in float64 against the same runs written out in loops."""

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
import pytest

from engine.early_stopping import Patience
from engine.losses import LOSSES
from engine.lr_decay import DECAYS, DecayUnit
from engine.network import Network
from engine.optimizers import OPTIMIZERS
from engine.seeds import Purpose
from engine.spec import BatchSize, Knobs, MemberSpec
from engine.training_set import Part, TrainingSet
from tests.engine.stacks import member, random_dataset, train, train_alone, training_set
from tests.oracles import network as oracle
from tests.oracles.lr_decay import learning_rate
from tests.oracles.optimizers import STEPS, Memory, Settings

TASKS = {"logistic": "binary", "softmax": "multiclass", "squared": "regression"}


@dataclass
class Run:
    """What the loops found."""

    layers: list[oracle.Layer]
    train_loss: list[float]
    dev_loss: list[float]
    dev_error: list[float]


def run_in_loops(data: TrainingSet, spec: MemberSpec, epochs: int) -> Run:
    """Train one member in loops, from the engine's initial weights and in its order of examples."""
    network = Network(spec.structure)
    row = network.initial_row(spec.seed, spec.initializer)[np.newaxis]
    layers = [layer.dense.of(row)[0].tolist() for layer in network.layout.layers]
    memories = [[[Memory() for _ in line] for line in layer] for layer in layers]
    run = Run(layers, [], [], [])
    count = len(data.train)
    size = count if spec.structure.batch_size == "full" else spec.structure.batch_size
    updates = 0
    for epoch in range(epochs):
        order = spec.seed.generator(Purpose.BATCH_ORDER, epoch).permutation(count)
        total = 0.0
        for start in range(0, count, size):
            rows = order[start : start + size]
            examples, targets = pick(data.train, rows)
            found, mean = oracle.gradients(layers, examples, targets, spec.structure.activation, data.loss_name)
            total += mean * len(rows)
            penalise(layers, found, spec.knobs, len(rows))
            clip(found, spec.knobs.clip_norm)
            updates += 1
            settings = settings_at(spec, epoch, updates, -(-count // size))
            for layer, gradient, memory in zip(layers, found, memories, strict=True):
                for place, line in enumerate(layer):
                    for unit in range(len(line)):
                        g = gradient[place][unit]
                        line[unit] = STEPS[spec.optimizer](line[unit], g, memory[place][unit], settings)
        run.train_loss.append(total / count)
        dev_loss, dev_error = judge(data, data.dev, layers, spec.structure.activation)
        run.dev_loss.append(dev_loss)
        run.dev_error.append(dev_error)
    return run


def penalise(layers: list[oracle.Layer], gradients: list[oracle.Layer], knobs: Knobs, examples: int) -> None:
    for layer, gradient in zip(layers, gradients, strict=True):
        for place, line in enumerate(layer[:-1]):
            for unit, weight in enumerate(line):
                gradient[place][unit] += knobs.l2 / examples * weight
                gradient[place][unit] += knobs.l1 / (2 * examples) * math.copysign(1.0, weight)


def clip(gradients: list[oracle.Layer], limit: float) -> None:
    length = math.sqrt(sum(g * g for gradient in gradients for line in gradient for g in line))
    if 0.0 < limit < length:
        for line in itertools.chain(*gradients):
            line[:] = [g * limit / length for g in line]


def settings_at(spec: MemberSpec, epoch: int, update: int, steps: int) -> Settings:
    knobs = spec.knobs
    count = epoch if spec.decay_by == "epoch" else update - 1
    alpha = learning_rate(
        knobs.learning_rate, spec.decay, knobs.decay_rate, knobs.decay_every, count, knobs.warmup_epochs * steps, update
    )
    return Settings(alpha, knobs.beta1, knobs.beta2, knobs.epsilon)


def pick(part: Part, rows: np.ndarray) -> tuple[list[list[float]], list[float]]:
    return part.x[rows, :-1].tolist(), [float(target) for target in part.targets[rows]]


def judge(data: TrainingSet, part: Part, layers: list[oracle.Layer], activation: str) -> tuple[float, float]:
    """Return the mean loss and the error of a network on a part."""
    examples, targets = pick(part, np.arange(len(part)))
    logits = [oracle.forward(layers, example, activation).sums[-1] for example in examples]
    losses = [oracle.loss(z, target, data.loss_name) for z, target in zip(logits, targets, strict=True)]
    mean = sum(losses) / len(losses)
    if data.loss_name == "squared":
        return mean, math.sqrt(2 * mean) * data.target_scale
    wrong = sum(oracle.missed(z, target, data.loss_name) for z, target in zip(logits, targets, strict=True))
    return mean, wrong / len(targets)


@pytest.mark.parametrize(("optimizer", "loss"), list(itertools.product(OPTIMIZERS, LOSSES)))
def test_a_run_of_four_epochs_is_that_of_the_loops(optimizer: str, loss: str) -> None:
    data = training_set(random_dataset(TASKS[loss], (29, 11, 7), 3), np.float64)
    spec = member(data, optimizer=optimizer, knobs=Knobs(0.02, l1=0.2, l2=0.3), batch=8, epochs=4, hidden=(4, 3))
    curve, end = train_alone(data, spec)
    run = run_in_loops(data, spec, 4)
    error = f"dev_{data.error_name()}"

    np.testing.assert_allclose([seen.values["train_loss"] for seen in curve], run.train_loss, rtol=1e-10)
    np.testing.assert_allclose([seen.values["dev_loss"] for seen in curve], run.dev_loss, rtol=1e-10)
    np.testing.assert_allclose([seen.values[error] for seen in curve], run.dev_error, rtol=1e-10)
    assert end.epochs == 4


@pytest.mark.parametrize("unit", ["epoch", "batch"])
@pytest.mark.parametrize("kind", DECAYS)
def test_decay_and_warm_up_are_those_of_the_loops(kind: str, unit: DecayUnit) -> None:
    data = training_set(random_dataset("multiclass", (29, 11, 7), 3), np.float64)
    knobs = Knobs(0.3, decay_rate=0.6, decay_every=1.5, warmup_epochs=1.3)
    spec = replace(member(data, optimizer="momentum", knobs=knobs, epochs=5), decay=kind, decay_by=unit)
    curve, _ = train_alone(data, spec)
    run = run_in_loops(data, spec, 5)

    np.testing.assert_allclose([seen.values["train_loss"] for seen in curve], run.train_loss, rtol=1e-10)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_gradient_over_the_limit_is_shortened_and_one_below_is_not(optimizer: str) -> None:
    data = training_set(random_dataset("multiclass", (29, 11, 7), 3), np.float64)
    free = member(data, optimizer=optimizer, knobs=Knobs(0.05, l2=0.3), epochs=3)
    limit = float(np.median([math.hypot(*seen.gradient_norms) for seen in train_alone(data, free)[0]]))
    spec = replace(free, knobs=replace(free.knobs, clip_norm=limit))
    curve, _ = train_alone(data, spec)
    run = run_in_loops(data, spec, 3)

    np.testing.assert_allclose([seen.values["train_loss"] for seen in curve], run.train_loss, rtol=1e-10)


def test_the_gradient_norms_of_an_epoch_are_those_of_its_layers() -> None:
    data = training_set(random_dataset("multiclass", (29, 11, 7), 3), np.float64)
    spec = member(data, optimizer="sgd", batch="full", epochs=2, hidden=(4, 3))
    curve, _ = train_alone(data, spec)
    row = Network(spec.structure).initial_row(spec.seed, spec.initializer)[np.newaxis]
    layers = [layer.dense.of(row)[0].tolist() for layer in Network(spec.structure).layout.layers]
    found, _ = oracle.gradients(layers, *pick(data.train, np.arange(29)), "tanh", "softmax")

    expected = [math.sqrt(sum(g * g for line in layer for g in line)) for layer in found]
    np.testing.assert_allclose(curve[0].gradient_norms, expected, rtol=1e-10)


@pytest.mark.parametrize("batch", [1, 7, 29, 100, "full"])
def test_every_batch_size_uses_every_example_once_an_epoch(batch: BatchSize) -> None:
    data = training_set(random_dataset("multiclass", (29, 11, 7), 3), np.float64)
    spec = member(data, optimizer="sgd", batch=batch, epochs=2)
    curve, _ = train_alone(data, spec)
    size = 29 if batch in (100, "full") else batch
    run = run_in_loops(data, member(data, optimizer="sgd", batch=size, epochs=2), 2)

    np.testing.assert_allclose([seen.values["train_loss"] for seen in curve], run.train_loss, rtol=1e-10)


def test_the_weights_kept_are_those_of_the_best_epoch() -> None:
    data = training_set(random_dataset("multiclass", (60, 40, 30), 4), np.float64)
    spec = member(data, optimizer="adam", knobs=Knobs(0.3), batch=4, epochs=25, patience=Patience(6))
    curve, end = train_alone(data, spec)
    errors = [seen.values["dev_error"] for seen in curve]
    best = int(np.argmin(errors)) + 1
    run = run_in_loops(data, spec, best)

    assert end.best_epoch == best < len(curve) == best + 6
    assert end.reason == "no better dev_error for 6 epochs"
    assert end.weights is not None
    layout = Network(spec.structure).layout
    for blocks, layer in zip(layout.layers, run.layers, strict=True):
        np.testing.assert_allclose(blocks.dense.of(end.weights[np.newaxis])[0], layer, rtol=1e-7, atol=1e-9)
    for part, name in ((data.train, "train_error"), (data.test, "test_error")):
        assert end.metrics[name] == pytest.approx(judge(data, part, run.layers, "tanh")[1])
    assert end.metrics["dev_error"] == min(errors)


def test_a_dev_part_of_several_chunks_is_judged_as_a_whole() -> None:
    data = training_set(random_dataset("binary", (40, 1300, 0), 3), np.float64)
    spec = member(data, epochs=1, optimizer="momentum")
    curve, end = train_alone(data, spec)
    run = run_in_loops(data, spec, 1)

    assert curve[0].values["dev_loss"] == pytest.approx(run.dev_loss[0], rel=1e-10)
    assert curve[0].values["dev_error"] == pytest.approx(run.dev_error[0])
    assert "test_error" not in end.metrics


def test_a_regression_is_judged_in_the_unit_of_its_target() -> None:
    dataset = random_dataset("regression", (80, 30, 30), 3)
    data = training_set(dataset, np.float64)
    _, end = train_alone(data, member(data, hidden=(), epochs=60, batch="full", knobs=Knobs(0.1)))

    assert 0.0 < end.metrics["test_rmse"] < 0.6 * float(dataset.y_test.std())
    assert end.metrics["dev_rmse"] > 1.0


def test_a_target_in_another_unit_trains_the_same_weights_and_is_judged_in_that_unit() -> None:
    dataset = random_dataset("regression", (80, 30, 30), 3)
    parts = {part: 1024.0 * getattr(dataset, part) for part in ("y_train", "y_dev", "y_test")}
    sets = [training_set(one, np.float64) for one in (dataset, replace(dataset, **parts))]
    (curve, end), (other_curve, other_end) = (train_alone(data, member(data, epochs=5)) for data in sets)

    assert end.weights is not None
    assert other_end.weights is not None
    assert np.array_equal(end.weights, other_end.weights)
    for part in ("train", "dev", "test"):
        assert other_end.metrics[f"{part}_rmse"] == 1024.0 * end.metrics[f"{part}_rmse"]
    assert [seen.values["dev_rmse"] for seen in other_curve] == [1024.0 * seen.values["dev_rmse"] for seen in curve]


@pytest.mark.parametrize("part", ["train", "dev", "test"])
def test_the_rmse_of_each_part_is_the_root_of_the_mean_square_in_the_unit_of_the_target(part: str) -> None:
    dataset = random_dataset("regression", (80, 30, 30), 3)
    data = training_set(dataset, np.float64)
    spec = member(data, hidden=(), epochs=4)
    _, end = train_alone(data, spec)
    assert end.weights is not None
    (layer,) = Network(spec.structure).layout.layers
    weights = layer.dense.of(end.weights[np.newaxis])[0]
    x, y = getattr(dataset, f"x_{part}"), getattr(dataset, f"y_{part}")
    inputs = (x - dataset.x_train.mean(axis=0, dtype=np.float64)) / dataset.x_train.std(axis=0, dtype=np.float64)
    standard = inputs @ weights[:-1, 0] + weights[-1, 0]
    predicted = standard * dataset.y_train.std() + dataset.y_train.mean()

    assert end.metrics[f"{part}_rmse"] == pytest.approx(np.sqrt(np.mean((predicted - y) ** 2)), rel=1e-5)


def test_training_learns_the_digits() -> None:
    from engine.data import load_builtin  # noqa: PLC0415  # only here, for it takes a moment

    data = training_set(load_builtin("digits"))
    record = train(
        data, [(str(n), member(data, n, hidden=(64,), batch=32, epochs=12, knobs=Knobs(3e-3))) for n in (1, 2)]
    )

    assert all(end.metrics["test_error"] < 0.05 for end in record.ends.values())
