"""Reading images anew at points between their pixels."""

import numpy as np
import pytest

from engine.augmentation.resampling import Resampler

FILL = np.array([7.0, -7.0])


def read_at(images: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the images as read at `points` (row or column, image, height, width)."""
    count, height, width, channels = images.shape
    answer = images.copy()
    Resampler((height, width, channels), count, FILL[:channels], np.float64).run(answer, points.copy())
    return answer


def places(images: np.ndarray) -> np.ndarray:
    """Return the point of every pixel itself."""
    height, width = images.shape[1:3]
    return np.repeat(np.indices((height, width), np.float64)[:, np.newaxis], len(images), axis=1)


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((3, 5, 4, 2))


@pytest.mark.parametrize("down", [-6, -5, -1, 0, 2, 5])
@pytest.mark.parametrize("right", [-9, -1, 0, 1, 3, 4])
def test_a_whole_number_of_pixels_moves_the_image_and_lets_in_background(
    images: np.ndarray, down: int, right: int
) -> None:
    moved = places(images) - np.array([down, right])[:, np.newaxis, np.newaxis, np.newaxis]
    wide = np.broadcast_to(FILL, (3, 25, 24, 2)).copy()
    wide[:, 10 + down : 15 + down, 10 + right : 14 + right] = images

    assert np.array_equal(read_at(images, moved), wide[:, 10:15, 10:14])


def test_halfway_between_pixels_is_their_mean(images: np.ndarray) -> None:
    answer = read_at(images, places(images) + 0.5)

    corners = images[:, :-1, :-1] + images[:, 1:, :-1] + images[:, :-1, 1:] + images[:, 1:, 1:]
    np.testing.assert_allclose(answer[:, :-1, :-1], corners / 4)
    np.testing.assert_allclose(answer[:, -1, -1], (images[:, -1, -1] + 3 * FILL) / 4)


def test_within_a_pixel_of_the_edge_the_image_fades_into_the_background(images: np.ndarray) -> None:
    above = places(images)
    above[0] -= 0.25

    np.testing.assert_allclose(read_at(images, above)[:, 0], 0.75 * images[:, 0] + 0.25 * FILL)


@pytest.mark.parametrize("far", [-1e30, 1e30])
def test_however_far_outside_there_is_background(images: np.ndarray, far: float) -> None:
    assert np.array_equal(read_at(images, places(images) + far), np.broadcast_to(FILL, images.shape))
