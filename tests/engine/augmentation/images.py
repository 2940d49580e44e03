"""Rows as an augmenter gets them, images made of them, and settings to draw from."""

import numpy as np
from hypothesis import strategies as st
from numpy.typing import DTypeLike

from engine.augmentation.augmenter import Augmenter
from engine.augmentation.settings import Augmentation

ALL = Augmentation(flip=0.5, tilt=30.0, shift=1.5, zoom=0.3, elastic=0.8, elastic_sigma=1.5)


def strengths() -> st.SearchStrategy[Augmentation]:
    """Return settings with any of the kinds."""
    return st.builds(
        Augmentation,
        flip=st.sampled_from([0.0, 0.5, 1.0]),
        tilt=st.sampled_from([0.0, 20.0, 180.0]),
        shift=st.sampled_from([0.0, 0.4, 20.0]),
        zoom=st.sampled_from([0.0, 0.2, 0.9]),
        elastic=st.sampled_from([0.0, 0.5, 5.0]),
        elastic_sigma=st.sampled_from([0.3, 2.0, 50.0]),
    )


def random_rows(examples: int, features: int, dtype: DTypeLike = np.float32) -> np.ndarray:
    """Return normal examples with a column of ones after them."""
    rows = np.ones((examples, features + 1), dtype)
    rows[:, :-1] = np.random.default_rng(3).standard_normal((examples, features))
    return rows


def augmented(images: np.ndarray, settings: Augmentation, seed: int = 0, fill: np.ndarray | None = None) -> np.ndarray:
    """Return images (m, height, width, channels) after augmentation by a new augmenter."""
    count, *image = images.shape
    height, width, channels = image
    background = np.zeros(channels, images.dtype) if fill is None else fill
    rows = images.reshape(count, -1).copy()
    augmenter = Augmenter((height, width, channels), count, background, images.dtype)
    augmenter.run(rows, settings, np.random.default_rng(seed))
    return rows.reshape(images.shape)
