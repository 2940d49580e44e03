"""The speed of data augmentation on one core: images a second, each kind alone and all together."""

import os
import time
from dataclasses import asdict

from benchmarks.spread import Spread, Target, show_table
from engine.augmentation.settings import Augmentation
from engine.blas import use_one_thread

IMAGES = ((28, 28, 1), (8, 8, 1), (32, 32, 3))
BATCH_SIZE = 128
BATCHES = 20
ROUNDS = 7
ALL = Augmentation(flip=0.5, tilt=15.0, shift=2.0, zoom=0.1, elastic=1.0)
TARGET = Target(">=", 50_000.0, " images/s")
TARGET_IMAGE = IMAGES[0]


def main() -> None:
    """Measure, and print the table."""
    use_one_thread(os.environ)
    header = ["kinds", *(" x ".join(map(str, image)) for image in IMAGES)]
    rates = {title: [_rate(image, settings) for image in IMAGES] for title, settings in _cases().items()}
    print(f"## Augmentation: one core, float32, batches of {BATCH_SIZE}\n")
    print("Images a second, median (lowest..highest round):\n")
    print(show_table(header, ([title, *(rate.show(digits=0) for rate in row)] for title, row in rates.items())))
    median = rates["all"][IMAGES.index(TARGET_IMAGE)].median
    print(f"\nAll kinds on {header[1]}: {TARGET.verdict(median)}.")


def _cases() -> dict[str, Augmentation]:
    strengths = {name: strength for name, strength in asdict(ALL).items() if name != "elastic_sigma"}
    return {name: Augmentation(**{name: strength}) for name, strength in strengths.items()} | {"all": ALL}


def _rate(image: tuple[int, int, int], settings: Augmentation) -> Spread:
    # These import NumPy, which reads the variables set by `main`.
    import numpy as np  # noqa: PLC0415

    from engine.augmentation.augmenter import Augmenter  # noqa: PLC0415

    height, width, channels = image
    rng = np.random.default_rng(0)
    rows = rng.random((BATCH_SIZE, height * width * channels + 1), np.float32)  # with a column of ones, as in training
    augmenter = Augmenter(image, BATCH_SIZE, np.zeros(channels, np.float32), np.float32)

    def measure() -> float:
        start = time.perf_counter()
        for _ in range(BATCHES):
            augmenter.run(rows[:, :-1], settings, rng)
        return BATCHES * BATCH_SIZE / (time.perf_counter() - start)

    measure()  # the first one takes the memory, and is not counted
    return Spread.of(measure() for _ in range(ROUNDS))


if __name__ == "__main__":
    main()
