"""All kinds of augmentation together: against the oracle, in place, and the same bits every time."""

import tracemalloc

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.augmentation.augmenter import Augmenter
from engine.augmentation.settings import Augmentation
from tests.engine.augmentation.images import ALL, augmented, random_rows, strengths
from tests.oracles import augmentation as oracle

SIZES = st.tuples(st.integers(1, 3), st.integers(1, 7), st.integers(1, 7), st.integers(1, 3))


@settings(deadline=None)
@given(SIZES, strengths(), st.integers(0, 1000))
def test_every_pixel_is_the_one_of_the_oracle(size: tuple[int, ...], strength: Augmentation, seed: int) -> None:
    images = random_rows(size[0], int(np.prod(size[1:])), np.float64)[:, :-1].reshape(size)
    fill = np.array([0.5, -1.0, 2.0])[: size[3]]

    expected = oracle.augment(images, strength, fill.tolist(), np.random.default_rng(seed))

    np.testing.assert_allclose(augmented(images, strength, seed, fill), expected, atol=1e-9)


@settings(deadline=None)
@given(SIZES, strengths(), st.floats(0.1, 10.0), st.floats(-5.0, 5.0))
def test_augmenting_normalised_images_is_normalising_augmented_ones(
    size: tuple[int, ...], strength: Augmentation, scale: float, mean: float
) -> None:
    images = random_rows(size[0], int(np.prod(size[1:])), np.float64)[:, :-1].reshape(size)
    fill = np.array([0.5, -1.0, 2.0])[: size[3]]

    normalised = augmented((images - mean) / scale, strength, fill=(fill - mean) / scale)

    np.testing.assert_allclose(normalised, (augmented(images, strength, fill=fill) - mean) / scale, atol=1e-11)


@settings(deadline=None)
@given(strengths())
def test_float32_and_float64_give_the_same_up_to_rounding(strength: Augmentation) -> None:
    images = random_rows(4, 9 * 8 * 2, np.float64)[:, :-1].reshape(4, 9, 8, 2)

    single = augmented(images.astype(np.float32), strength)

    assert single.dtype == np.float32
    np.testing.assert_allclose(single, augmented(images, strength), atol=1e-3)


@settings(deadline=None)
@given(strengths(), st.floats(-1e6, 1e6, width=32))
def test_an_image_of_background_alone_stays_as_it_is_to_the_bit(strength: Augmentation, value: float) -> None:
    images = np.full((3, 6, 5, 1), value, np.float32)

    assert np.array_equal(augmented(images, strength, fill=np.array([value], np.float32)), images)


def test_without_any_kind_nothing_is_changed_or_drawn() -> None:
    rows, rng = random_rows(4, 12), np.random.default_rng(1)
    before = rows.copy()

    Augmenter((3, 4, 1), 4, np.zeros(1), np.float32).run(rows[:, :-1], Augmentation(), rng)

    assert np.array_equal(rows, before)
    assert rng.bit_generator.state == np.random.default_rng(1).bit_generator.state


def test_rows_are_changed_in_place_and_the_ones_behind_them_stay() -> None:
    rows = random_rows(5, 6 * 5 * 3)
    images = rows[:, :-1].reshape(5, 6, 5, 3).copy()

    Augmenter((6, 5, 3), 5, np.zeros(3, np.float32), np.float32).run(rows[:, :-1], ALL, np.random.default_rng(0))

    assert np.array_equal(rows[:, :-1].reshape(images.shape), augmented(images, ALL))
    assert np.array_equal(rows[:, -1], np.ones(5))


def test_channels_move_alike() -> None:
    images = random_rows(5, 6 * 5 * 3)[:, :-1].reshape(5, 6, 5, 3)
    fill = np.array([0.5, -1.0, 2.0], np.float32)

    together = augmented(images, ALL, fill=fill)

    for channel in range(3):
        one = slice(channel, channel + 1)
        assert np.array_equal(together[..., one], augmented(images[..., one], ALL, fill=fill[one]))


def test_the_generator_alone_decides_what_happens() -> None:
    images = random_rows(5, 36)[:, :-1].reshape(5, 6, 6, 1)

    assert np.array_equal(augmented(images, ALL, seed=1), augmented(images, ALL, seed=1))
    assert not np.array_equal(augmented(images, ALL, seed=1), augmented(images, ALL, seed=2))


def test_what_is_drawn_does_not_depend_on_the_images() -> None:
    augmenter, states = Augmenter((6, 6, 1), 5, np.zeros(1), np.float32), []
    for rows in (random_rows(5, 36), np.zeros((5, 37), np.float32)):
        rng = np.random.default_rng(1)
        augmenter.run(rows[:, :-1], ALL, rng)
        states.append(rng.bit_generator.state)

    assert states[0] == states[1]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), strengths()), max_size=4), st.integers(1, 9), strengths())
def test_what_ran_before_leaves_no_trace(
    earlier: list[tuple[int, Augmentation]], examples: int, strength: Augmentation
) -> None:
    used = Augmenter((5, 4, 2), 9, np.ones(2), np.float32)
    for count, other in earlier:
        used.run(random_rows(count, 40)[:, :-1], other, np.random.default_rng(8))
    rows, fresh = random_rows(examples, 40), random_rows(examples, 40)

    used.run(rows[:, :-1], strength, np.random.default_rng(2))
    Augmenter((5, 4, 2), examples, np.ones(2), np.float32).run(fresh[:, :-1], strength, np.random.default_rng(2))

    assert np.array_equal(rows, fresh)


def test_a_large_batch_goes_through_part_after_part() -> None:
    rows, parts = random_rows(10, 128 * 128), random_rows(10, 128 * 128)
    augmenter, rng = Augmenter((128, 128, 1), 10, np.zeros(1), np.float32), np.random.default_rng(0)

    augmenter.run(rows[:, :-1], ALL, np.random.default_rng(0))
    for start in range(0, 10, 3):  # as many of this size as go through at once
        augmenter.run(parts[start : start + 3, :-1], ALL, rng)

    assert np.array_equal(rows, parts)


def test_no_image_is_ever_too_large_to_go_through() -> None:
    images = random_rows(2, 300 * 400)[:, :-1].reshape(2, 300, 400, 1)

    assert np.array_equal(augmented(images, Augmentation(flip=1.0)), images[:, :, ::-1])


def test_a_steady_state_allocates_less_than_an_image() -> None:
    rows, rng = random_rows(32, 128 * 128), np.random.default_rng(0)
    augmenter = Augmenter((128, 128, 1), 32, np.zeros(1), np.float32)
    augmenter.run(rows[:, :-1], ALL, rng)

    peaks = []
    tracemalloc.start()
    for _ in range(5):  # threads of other tests allocate now and then
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        augmenter.run(rows[:, :-1], ALL, rng)
        peaks.append(tracemalloc.get_traced_memory()[1] - before)
    tracemalloc.stop()

    assert min(peaks) < rows[0].nbytes
