"""Data sets from a folder: `images/mnist.npz`, and `tabular/NAME.csv.gz` with the target in the column `target`."""

from pathlib import Path

import numpy as np

from engine.data import Cut, Dataset, Table, prepare, read_csv

MAX_BYTES = 1 << 30
MNIST_DEV = 5_000
"""Images of MNIST's 60,000 for training that are held out to choose the epoch by; the test set is the official one."""


def table(folder: Path, name: str, seed: int, fractions: tuple[float, float, float]) -> Dataset:
    """Return one random split of a table; classes keep their shares in each part."""
    rows = read_table(folder / "tabular" / f"{name}.csv.gz")
    return prepare(rows, target="target", cut=Cut(fractions, seed))


def read_table(path: Path) -> Table:
    """Return the table of a file."""
    return read_csv(path.read_bytes(), max_bytes=MAX_BYTES, target="target")


def mnist(folder: Path) -> Dataset:
    """Return MNIST with pixels from 0 to 1, 55,000 images to train on, 5,000 to choose by and the official 10,000."""
    with np.load(folder / "images" / "mnist.npz", allow_pickle=False) as archive:
        x, y, x_test, y_test = (archive[name] for name in ("x_train", "y_train", "x_test", "y_test"))
    order = np.random.default_rng(0).permutation(len(x))
    dev, train = order[:MNIST_DEV], order[MNIST_DEV:]
    pixels, test_pixels = (images.reshape(len(images), -1).astype(np.float32) / 255 for images in (x, x_test))
    labels, test_labels = y.astype(np.int64), y_test.astype(np.int64)
    return Dataset(
        task="multiclass",
        classes=tuple(map(str, range(10))),
        x_train=pixels[train],
        y_train=labels[train],
        x_dev=pixels[dev],
        y_dev=labels[dev],
        x_test=test_pixels,
        y_test=test_labels,
        card={"image": [*x.shape[1:], 1]},
    )
