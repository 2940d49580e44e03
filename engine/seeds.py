"""Where randomness comes from: a generator for each member, purpose and epoch, all from one seed."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What a generator is for; the numbers are part of every result and must never change."""

    INITIAL_WEIGHTS = 0
    BATCH_ORDER = 1
    DROPOUT = 2
    AUGMENTATION = 3


@dataclass(frozen=True, slots=True)
class Seed:
    """The seed of one member: the seed of its sweep, its own number there, and which of its replicates it is."""

    entropy: int
    number: int
    replicate: int = 0

    def generator(self, purpose: Purpose, epoch: int = 0) -> np.random.Generator:
        """Return the generator of a purpose in an epoch.

        The epoch is part of the key, so a member that goes on from a checkpoint needs no generator state.
        Replicate 0 has the key of a member without replicates: there were results before there were replicates.
        Raises ValueError for a negative number, epoch or replicate.
        """
        last = (self.replicate,) if self.replicate else ()
        sequence = np.random.SeedSequence(self.entropy, spawn_key=(self.number, purpose, epoch, *last))
        return np.random.Generator(np.random.PCG64(sequence))
