"""Data augmentation in a stack: each member distorts its own batch in its own way, or not at all."""

from collections.abc import Sequence

from engine.arrays import Array
from engine.augmentation.augmenter import Augmenter
from engine.augmentation.settings import Augmentation
from engine.seeds import Purpose, Seed
from engine.training_set import TrainingSet


def augmenter_of(data: TrainingSet, examples: int) -> Augmenter:
    """Return the memory in which batches of up to `examples` images are augmented; all members of a cohort share it.

    Raises ValueError if the data are no images.
    """
    if data.image is None or data.fill is None:
        raise ValueError("A member augments images, and the data set has none. Say their shape, or leave it out.")
    return Augmenter(data.image, examples, data.fill, data.dtype)


class Distortions:
    """The augmentation of each member; `augmenter` may be None where no member augments."""

    def __init__(self, augmentations: Sequence[Augmentation], augmenter: Augmenter | None) -> None:
        self._augmenter = augmenter
        self._rows = [(row, one) for row, one in enumerate(augmentations) if not one.is_none]

    def begin_epoch(self, seeds: Sequence[Seed], epochs: Sequence[int]) -> None:
        """Start the generators of the epoch that follows `epochs` others."""
        self._generators = [seeds[row].generator(Purpose.AUGMENTATION, epochs[row]) for row, _ in self._rows]

    def run(self, batch: Array) -> None:
        """Distort the images of a batch (R, m, inputs + 1) in place."""
        for (row, augmentation), generator in zip(self._rows, self._generators, strict=True):
            assert self._augmenter is not None, "a member that augments has an augmenter"
            self._augmenter.run(batch[row, :, :-1], augmentation, generator)
