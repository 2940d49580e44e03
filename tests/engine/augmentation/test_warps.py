"""Each kind of augmentation alone: what it does to an image, and what it draws."""

import math

import numpy as np
import pytest

from engine.augmentation.augmenter import AUGMENTATIONS
from engine.augmentation.elastic import smoothing
from engine.augmentation.grid import Grid
from engine.augmentation.settings import Augmentation
from tests.engine.augmentation.images import augmented

MANY = 20_000
SEED = 5


def moved(settings: Augmentation, *, images: int = MANY, size: int = 1) -> Grid:
    """Return a grid of square images on which the one kind of `settings` has worked."""
    grid = Grid(size, size, images, np.float64)
    for warp in AUGMENTATIONS.values():
        if warp.applies(settings):
            warp.move(grid, settings, np.random.default_rng(SEED))
    return grid


def assert_uniform(draws: np.ndarray, low: float, high: float) -> None:
    """Assert that no quantile is further from a uniform one than one of a thousand samples is (Kolmogorov)."""
    quantiles = (np.sort(draws) - low) / (high - low)
    assert quantiles[0] >= 0.0
    assert quantiles[-1] <= 1.0
    assert np.abs(quantiles - np.linspace(0.0, 1.0, len(draws))).max() < 1.95 / math.sqrt(len(draws))


def test_a_flip_that_is_certain_is_the_exact_mirror() -> None:
    images = np.random.default_rng(0).standard_normal((4, 5, 6, 3)).astype(np.float32)

    assert np.array_equal(augmented(images, Augmentation(flip=1.0)), images[:, :, ::-1])


def test_as_many_images_are_mirrored_as_the_probability_says_and_the_rest_stay() -> None:
    columns = moved(Augmentation(flip=0.3)).affine[1, :, 1]

    assert set(columns) == {-1.0, 1.0}
    assert np.mean(columns < 0.0) == pytest.approx(0.3, abs=4 * math.sqrt(0.3 * 0.7 / MANY))


@pytest.mark.parametrize("turns", [-2, -1, 1, 2])
def test_a_tilt_by_right_angles_turns_counter_clockwise_as_rot90_does(turns: int) -> None:
    images = np.random.default_rng(0).standard_normal((1, 6, 6, 2))
    draws = {seed: np.random.default_rng(seed).uniform(-1.0, 1.0) for seed in range(10)}
    seed = next(seed for seed, draw in draws.items() if draw * turns > 0.0)

    answer = augmented(images, Augmentation(tilt=90.0 * turns / draws[seed]), seed)  # the one draw gives this angle

    np.testing.assert_allclose(answer, np.rot90(images, turns, axes=(1, 2)), atol=1e-12)


def test_angles_are_uniform_and_turn_without_stretching() -> None:
    (cos, sin), (minus_sin, cos_too) = moved(Augmentation(tilt=40.0)).affine[:, :, :2].transpose(0, 2, 1)

    assert_uniform(np.degrees(np.arctan2(sin, cos)), -40.0, 40.0)
    np.testing.assert_allclose(cos**2 + sin**2, 1.0)
    assert np.array_equal(cos, cos_too)
    assert np.array_equal(sin, -minus_sin)


def test_shifts_are_uniform_and_independent_along_both_axes() -> None:
    rows, columns = moved(Augmentation(shift=2.5)).affine[:, :, 2]

    assert_uniform(rows, -2.5, 2.5)
    assert_uniform(columns, -2.5, 2.5)
    assert abs(np.corrcoef(rows, columns)[0, 1]) < 4 / math.sqrt(MANY)


def test_a_zoom_makes_a_ramp_flatter_about_its_centre_by_its_factor() -> None:
    ramp = np.broadcast_to(np.arange(21.0)[:, np.newaxis], (1, 15, 21, 1))
    zoom = 0.5
    factor = np.random.default_rng(SEED).uniform(1 - zoom, 1 + zoom)

    answer = augmented(ramp, Augmentation(zoom=zoom), SEED)[0, 5:10, 6:15, 0]

    np.testing.assert_allclose(answer, np.broadcast_to(10 + (np.arange(6, 15) - 10) / factor, (5, 9)))


def test_sizes_are_uniform_and_keep_their_proportions() -> None:
    affine = moved(Augmentation(zoom=0.4)).affine

    assert_uniform(1 / affine[0, :, 0], 0.6, 1.4)
    assert np.array_equal(affine[0, :, 0], affine[1, :, 1])


@pytest.mark.parametrize("sigma", [0.5, 2.0, 6.0])
def test_the_elastic_displacement_has_its_root_mean_square_at_every_pixel(sigma: float) -> None:
    displacement = moved(Augmentation(elastic=3.0, elastic_sigma=sigma), images=4000, size=9).displacement

    deviations = np.sqrt(np.mean(displacement**2, axis=1))
    np.testing.assert_allclose(deviations, 3.0, rtol=5 / math.sqrt(2 * 4000))
    assert np.abs(displacement.mean(axis=1)).max() < 5 * 3.0 / math.sqrt(4000)


def test_the_elastic_displacement_is_smooth_over_sigma_pixels_and_its_axes_are_independent() -> None:
    sigma, size = 2.0, 25
    rows, columns = moved(Augmentation(elastic=1.0, elastic_sigma=sigma), images=4000, size=size).displacement[
        :, :, size // 2
    ]

    for lag in (1, 3, 6):
        correlation = np.mean(rows[:, size // 2] * rows[:, size // 2 + lag])
        assert correlation == pytest.approx(math.exp(-(lag**2) / (4 * sigma**2)), abs=4 / math.sqrt(4000))
    assert abs(np.mean(rows[:, size // 2] * columns[:, size // 2])) < 4 / math.sqrt(4000)


def test_the_strength_is_that_of_simard_by_the_factor_that_is_documented() -> None:
    sigma, size = 3.0, 61
    kernel = np.exp(-0.5 * ((np.arange(size) - size // 2) / sigma) ** 2)
    kernel /= kernel.sum()
    alpha = 2 * math.sqrt(3 * math.pi) * sigma

    displacement_of_simard = alpha * np.sum(kernel**2) * math.sqrt(1 / 3)  # noise in [-1, 1] has the variance 1/3

    assert displacement_of_simard == pytest.approx(1.0)


def test_smoothing_matrices_can_be_shared_because_nobody_can_change_them() -> None:
    with pytest.raises(ValueError, match="read-only"):
        smoothing(4, 1.0, np.float32)[0, 0] = 2.0


def test_an_elastic_distortion_of_a_ramp_stays_between_its_ends() -> None:
    ramp = np.broadcast_to(np.linspace(0.0, 1.0, 20)[:, np.newaxis], (50, 20, 20, 1))

    answer = augmented(ramp, Augmentation(elastic=4.0, elastic_sigma=3.0), fill=np.array([0.5]))

    assert not np.array_equal(answer, ramp)
    assert answer.min() >= -1e-15
    assert answer.max() <= 1 + 1e-15


def test_a_small_elastic_distortion_moves_a_ramp_by_the_displacement() -> None:
    size, settings = 16, Augmentation(elastic=0.2)
    ramp = np.broadcast_to(np.arange(float(size))[:, np.newaxis], (30, size, size, 1))

    answer = augmented(ramp, settings, SEED)[:, 3:-3, 3:-3, 0]

    displacement = moved(settings, images=30, size=size).displacement[1, :, 3:-3, 3:-3]
    np.testing.assert_allclose(answer, ramp[:, 3:-3, 3:-3, 0] + displacement, atol=1e-12)
