"""Tests of inputs held as bytes: whatever is fetched is what the numbers would have been, to the last bit."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import training_set
from engine.arrays import Workspace
from engine.augmentation.settings import Augmentation
from engine.data import Dataset, Normalization
from engine.gradient_check import gradient_check
from engine.inputs import VALUES, Numbers, ScaledBytes
from engine.spec import Knobs
from engine.training_set import TrainingSet
from tests.engine.stacks import member, random_dataset, train
from tests.engine.test_same_bits import assert_all_same, assert_same
from tests.tries import tries

MOVED = Augmentation(flip=0.5, tilt=10.0, shift=1.0, zoom=0.1, elastic=0.5)


@pytest.fixture
def nothing_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes stay bytes, however few they are."""
    monkeypatch.setattr(training_set, "SMALL", 0)


def as_bytes(task: str, inputs: int, image: tuple[int, int, int] | None = None, rows: int = 61) -> Dataset:
    """Return examples whose inputs are bytes; the first never varies in train, and differs elsewhere."""
    dataset = random_dataset(task, (rows, 23, 17), inputs)
    parts: dict[str, Any] = {
        part: np.clip(getattr(dataset, part) * 60.0 + 90.0, 0, 255).astype(np.uint8)
        for part in ("x_train", "x_dev", "x_test")
    }
    if image is None:
        parts["x_train"][:, 0] = 7
    return replace(dataset, card={"image": list(image)} if image else {}, **parts)


def as_numbers(dataset: Dataset) -> Dataset:
    """Return the same examples, their inputs float32."""
    parts: dict[str, Any] = {part: getattr(dataset, part).astype(np.float32) for part in ("x_train", "x_dev", "x_test")}
    return replace(dataset, **parts)


def are_bytes(data: TrainingSet) -> bool:
    return all(isinstance(part.inputs, ScaledBytes) for part in (data.train, data.dev, data.test))


@pytest.mark.usefixtures("nothing_is_small")
@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("task", ["multiclass", "binary", "regression"])
@pytest.mark.parametrize(
    ("inputs", "image", "augment", "batch_norm"),
    [
        (13, None, Augmentation(), False),
        (20, (5, 4, 1), MOVED, False),
        (36, (4, 3, 3), MOVED, True),
        (24, (3, 2, 4), Augmentation(), False),
    ],
)
def test_networks_on_bytes_train_to_the_bits_of_networks_on_numbers(
    normalize: bool, task: str, inputs: int, image: Any, augment: Augmentation, batch_norm: bool
) -> None:
    dataset = as_bytes(task, inputs, image)
    found = []
    for form in (dataset, as_numbers(dataset)):
        data = TrainingSet.of(form, normalize_inputs=normalize)
        assert are_bytes(data) == (form is dataset)
        knobs = Knobs(1e-3, input_keep_prob=0.9)
        specs = [(str(n), member(data, n, augment=augment, batch_norm=batch_norm, knobs=knobs)) for n in range(3)]
        found.append(train(data, specs))
    for key in ("0", "1", "2"):
        fetched, held = ((record.curves[key], record.ends[key]) for record in found)
        assert_same(fetched, held)


@pytest.mark.usefixtures("nothing_is_small")
@pytest.mark.parametrize("image", [None, (3, 2, 2)])
def test_the_gradient_check_finds_the_same_on_bytes_as_on_numbers(image: Any) -> None:
    dataset = as_bytes("multiclass", 12, image)
    sets = [TrainingSet.of(form, normalize_inputs=True, dtype=np.float64) for form in (dataset, as_numbers(dataset))]
    assert are_bytes(sets[0])
    fetched, held = (gradient_check(data, member(data), 3) for data in sets)
    assert fetched == held
    assert fetched.verdict == "great"


def test_parts_whose_numbers_take_next_to_nothing_are_held_as_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = as_bytes("multiclass", 10)
    monkeypatch.setattr(training_set, "SMALL", 23 * 10 * 4)
    data = TrainingSet.of(dataset, normalize_inputs=True)
    assert [type(part.inputs) for part in (data.train, data.dev, data.test)] == [ScaledBytes, Numbers, Numbers]
    np.testing.assert_array_equal(data.dev.x, TrainingSet.of(as_numbers(dataset), normalize_inputs=True).dev.x)


def normalised(x: Any, mean: Any, scale: Any) -> Any:
    """Return what `Normalization.apply` makes of bytes, a one behind each example."""
    expected = np.ones((len(x), x.shape[1] + 1), np.float32)
    expected[:, :-1] = Normalization(mean, scale, np.isinf(scale)).apply(x)
    return expected


@settings(deadline=None, max_examples=tries(30))
@given(st.integers(1, 200), st.integers(1, 30), st.integers(1, 5), st.integers(1, 150), st.integers(0, 9))
def test_any_rows_of_any_shape_are_to_the_bit_what_normalisation_gives(
    examples: int, inputs: int, members: int, rows: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.integers(0, VALUES, (examples, inputs)).astype(np.uint8)
    scale = np.where(rng.random(inputs) < 0.2, np.inf, rng.uniform(0.01, 128.0, inputs))
    mean = np.where(np.isinf(scale), 0.0, rng.choice([0.5, 17.0, rng.uniform(0.0, 255.0)], inputs))
    expected = normalised(x, mean, scale)
    held, chosen = ScaledBytes(x, mean, scale, np.float32), rng.integers(0, examples, (members, rows))
    out = np.zeros((members, rows, inputs + 1), np.float32)
    held.bind(chosen, out).run()
    np.testing.assert_array_equal(out, expected[chosen])
    start, stop = sorted(rng.integers(0, examples + 1, 2))
    chunk = held.chunk(slice(start, stop), Workspace(np.float32))
    np.testing.assert_array_equal(chunk.loaded(), expected[start:stop])


def test_where_a_product_would_be_other_bits_than_the_quotient_bytes_are_divided() -> None:
    x = np.arange(VALUES, dtype=np.uint8)[:, np.newaxis]
    mean, scale = np.zeros(1), np.array([0.7783246542073851])  # 3/scale lies halfway between two float32
    assert np.float32(3.0 / scale) != np.float32(3.0 * (1.0 / scale))
    held = ScaledBytes(x, mean, scale, np.float32).chunk(slice(None), Workspace(np.float32))
    np.testing.assert_array_equal(held.loaded(), normalised(x, mean, scale))


def test_more_inputs_than_are_computed_at_a_time_come_one_example_after_the_other() -> None:
    x = np.random.default_rng(0).integers(0, VALUES, (5, 70_000)).astype(np.uint8)
    out = np.zeros((1, 5, 70_001), np.float32)
    ScaledBytes(x, np.zeros(70_000), np.ones(70_000), np.float32).bind(np.arange(5)[np.newaxis], out).run()
    np.testing.assert_array_equal(out[0, :, :-1], x)
    assert (out[..., -1] == 1.0).all()


@pytest.mark.usefixtures("nothing_is_small")
@pytest.mark.parametrize("task", ["multiclass", "regression"])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_member_of_a_stack_on_bytes_is_what_it_is_alone(task: str, batch_norm: bool) -> None:
    data = TrainingSet.of(as_bytes(task, 20, (5, 4, 1)), normalize_inputs=True)
    assert are_bytes(data)
    knobs = [Knobs(1e-3, input_keep_prob=0.9), Knobs(0.03, l2=0.1), Knobs(1e30), Knobs(0.01, keep_prob=0.5)]
    augments = [MOVED, Augmentation(), Augmentation(), MOVED]
    members = [
        (str(n), member(data, n, batch=20, batch_norm=batch_norm, knobs=knob, augment=augment))
        for n, (knob, augment) in enumerate(zip(knobs, augments, strict=True))
    ]
    assert_all_same(data, members, train(data, members))
