"""What must hold for every kind of augmentation."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from engine.augmentation.augmenter import AUGMENTATIONS
from engine.augmentation.grid import Grid
from engine.augmentation.settings import Augmentation

IMAGES, HEIGHT, WIDTH = 8, 5, 6


def grid(dtype: type[np.floating] = np.float64) -> Grid:
    return Grid(HEIGHT, WIDTH, IMAGES, dtype)


@pytest.fixture(params=AUGMENTATIONS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def strength(name: str) -> Augmentation:
    return Augmentation(**{name: 0.5})


def test_its_own_strength_switches_it_on_and_no_other_kind(name: str, strength: Augmentation) -> None:
    assert [kind for kind, warp in AUGMENTATIONS.items() if warp.applies(strength)] == [name]
    assert not strength.is_none
    assert not AUGMENTATIONS[name].applies(Augmentation())


def test_images_move_differently_from_each_other(name: str, strength: Augmentation) -> None:
    moved = grid()
    AUGMENTATIONS[name].move(moved, strength, np.random.default_rng(0))
    points = moved.points()

    assert not np.array_equal(points, grid().points())
    assert any(not np.array_equal(points[:, 0], points[:, image]) for image in range(1, IMAGES))


def test_it_goes_on_from_what_other_kinds_have_done(name: str, strength: Augmentation) -> None:
    first, second = grid(), grid()
    second.affine[:, :, :2] *= 4.0
    second.displacement += 0.5
    for moved in (first, second):
        AUGMENTATIONS[name].move(moved, strength, np.random.default_rng(0))

    np.testing.assert_allclose(second.affine[:, :, :2], 4.0 * first.affine[:, :, :2])
    np.testing.assert_allclose(second.displacement, first.displacement + 0.5)


def test_it_draws_the_same_whatever_has_been_done_and_in_either_precision(name: str, strength: Augmentation) -> None:
    states: list[Mapping[str, Any]] = []
    for moved in (grid(), grid(), grid(np.float32)):
        rng = np.random.default_rng(0)
        moved.affine[...] *= len(states)
        AUGMENTATIONS[name].move(moved, strength, rng)
        states.append(rng.bit_generator.state)

    assert states[0] == states[1] == states[2]
    assert states[0] != np.random.default_rng(0).bit_generator.state
