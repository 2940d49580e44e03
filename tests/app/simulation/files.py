"""Small files of the forms that simulations read."""

import json
from pathlib import Path

import numpy as np


def small_table(folder: Path) -> Path:
    """Write a table of 4 x 3 configurations and 2 seeds."""
    axes = [["learning_rate", [0.001, 0.01, 0.1, 1.0]], ["activation", ["relu", "tanh", "sigmoid"]]]
    (folder / "small_axes.json").write_text(json.dumps({"axes": axes}))
    costs = np.random.default_rng(3).random((4, 3, 2)).astype(np.float32)
    np.savez(folder / "small.npz", made_up=costs, made_up__train_time=10 * costs + 1)
    return folder / "small.npz"


def small_curves(folder: Path) -> Path:
    """Write curves of 30 configurations on two data sets, 20 epochs each."""
    chance = np.random.default_rng(4)
    configs = np.stack([10 ** chance.uniform(-4, -1, 30), chance.integers(1, 6, 30), chance.random(30)], 1)
    ends = chance.random((2, 30, 1))
    accuracy = ends * (1 - np.exp(-np.arange(20) / chance.uniform(2, 9, (2, 30, 1))))
    seconds = np.cumsum(chance.uniform(1, 2, (2, 30, 20)), 2)
    np.savez(
        folder / "curves.npz",
        val_accuracy_x500=np.round(accuracy * 50_000).astype(np.uint16),
        time_log1p_x4096=np.round(np.log1p(seconds) * 4096).astype(np.uint16),
        configs=configs.astype(np.float32),
        config_columns=np.array(["learning_rate", "layers", "momentum"]),
        dataset=np.array(["one", "two"]),
    )
    return folder / "curves.npz"
