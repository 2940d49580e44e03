"""Data augmentation in a stack: each member distorts its own batch in its own way, or not at all."""

from collections.abc import Sequence

from engine.arrays import Array
from engine.augmentation.augmenter import Augmenter
from engine.augmentation.settings import Augmentation
from engine.seeds import Purpose, Seed
from engine.training_set import TrainingSet


class Distortions:
    """The augmentation of each member, for batches of up to `examples` images.

    Raises ValueError if a member augments and the data are no images.
    """

    def __init__(self, data: TrainingSet, augmentations: Sequence[Augmentation], examples: int) -> None:
        self._rows = [(row, one) for row, one in enumerate(augmentations) if not one.is_none]
        self._inputs = data.inputs
        if not self._rows:
            return
        if data.image is None or data.fill is None:
            raise ValueError("A member augments images, and the data set has none. Say their shape, or leave it out.")
        self._augmenter = Augmenter(data.image, examples, data.fill, data.train.x.dtype)

    def begin_epoch(self, seeds: Sequence[Seed], epochs: Sequence[int]) -> None:
        """Start the generators of the epoch that follows `epochs` others."""
        self._generators = [seeds[row].generator(Purpose.AUGMENTATION, epochs[row]) for row, _ in self._rows]

    def run(self, batch: Array) -> None:
        """Distort the images of a batch (R, m, inputs + 1) in place."""
        for (row, augmentation), generator in zip(self._rows, self._generators, strict=True):
            self._augmenter.run(batch[row, :, : self._inputs], augmentation, generator)
