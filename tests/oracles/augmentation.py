"""Augmentation, one pixel at a time: where it is read from, and what stands there."""

import cmath
import math
from collections.abc import Sequence

import numpy as np

from engine.augmentation.settings import Augmentation

Image = Sequence[Sequence[float]]
Point = tuple[float, float]


class Draws:
    """What is drawn for `images` images, in the order of the engine."""

    def __init__(self, settings: Augmentation, images: int, size: tuple[int, int], rng: np.random.Generator) -> None:
        self.shifts = [[0.0] * images] * 2
        self.scales, self.angles, self.flips = [1.0] * images, [0.0] * images, [False] * images
        self.noise = np.full((2, images, *size), 0.5)
        if settings.shift:
            self.shifts = rng.uniform(-settings.shift, settings.shift, (2, images)).tolist()
        if settings.zoom:
            self.scales = rng.uniform(1 - settings.zoom, 1 + settings.zoom, images).tolist()
        if settings.tilt:
            self.angles = rng.uniform(-settings.tilt, settings.tilt, images).tolist()
        if settings.flip:
            self.flips = [draw < settings.flip for draw in rng.random(images)]
        if settings.elastic:
            self.noise = rng.random((2, images, *size), np.float32).astype(np.float64)

    def point(self, settings: Augmentation, number: int, place: Point) -> Point:
        """Return the row and column from which the pixel at `place` of an image is read."""
        height, width = self.noise.shape[2:]
        centre = complex((width - 1) / 2, -(height - 1) / 2)  # the imaginary axis points upwards
        point = complex(place[1], -place[0]) - centre
        point -= complex(self.shifts[1][number], -self.shifts[0][number])
        point *= cmath.rect(1 / self.scales[number], -math.radians(self.angles[number]))
        point = (-point.conjugate() if self.flips[number] else point) + centre
        down, right = (self.displacement(settings, axis, number, place) for axis in range(2))
        return down - point.imag, right + point.real

    def displacement(self, settings: Augmentation, axis: int, number: int, place: Point) -> float:
        """Return the elastic displacement of a pixel along an axis: a weighted sum of all noise of its image."""
        noise = self.noise[axis, number].tolist()
        height, width = len(noise), len(noise[0])
        far = 2 * settings.elastic_sigma**2
        down = [math.exp(-((place[0] - row) ** 2) / far) for row in range(height)]
        right = [math.exp(-((place[1] - column) ** 2) / far) for column in range(width)]
        total = sum(
            down[row] * right[column] * (noise[row][column] - 0.5) for row in range(height) for column in range(width)
        )
        return float(settings.elastic * math.sqrt(12) * total / (math.hypot(*down) * math.hypot(*right)))


def read(image: Image, point: Point, fill: float) -> float:
    """Return what stands at a point: the background, and every pixel's difference from it under a tent of width two."""
    return fill + sum(
        max(0.0, 1 - abs(point[0] - row)) * max(0.0, 1 - abs(point[1] - column)) * (value - fill)
        for row, values in enumerate(image)
        for column, value in enumerate(values)
    )


def augment(
    images: np.ndarray, settings: Augmentation, fill: Sequence[float], rng: np.random.Generator
) -> list[list[list[list[float]]]]:
    """Return images (m, height, width, channels) after augmentation."""
    count, height, width, channels = images.shape
    draws = Draws(settings, count, (height, width), rng)
    points = [
        [[draws.point(settings, number, (row, column)) for column in range(width)] for row in range(height)]
        for number in range(count)
    ]
    planes = [[images[number, :, :, channel].tolist() for channel in range(channels)] for number in range(count)]
    return [
        [
            [[read(plane, point, fill[c]) for c, plane in enumerate(planes[number])] for point in row_of_points]
            for row_of_points in points[number]
        ]
        for number in range(count)
    ]
