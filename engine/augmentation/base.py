"""The interface of a kind of augmentation."""

from abc import ABC, abstractmethod

import numpy as np

from engine.augmentation.grid import Grid
from engine.augmentation.settings import Augmentation


class Warp(ABC):
    """A kind of augmentation: it moves the points from which the pixels of an image are read."""

    @abstractmethod
    def applies(self, settings: Augmentation) -> bool:
        """Return whether these settings have this kind at all."""

    @abstractmethod
    def move(self, grid: Grid, settings: Augmentation, rng: np.random.Generator) -> None:
        """Move the points of `grid`, those of each image by a draw of its own.

        What is drawn from `rng`, and in which order, depends on the settings and the number of images alone.
        """
