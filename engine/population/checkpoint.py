"""A checkpoint: all that a member needs to go on later, anywhere, to the bits of never having stopped."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from engine.arrays import Array
from engine.data.archive import read_npz_archive, write_npz
from engine.early_stopping import BestEpoch


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A member between two epochs: how far it is, its best epoch, and its `rows` of all that is kept for it.

    It holds no state of generators: those depend on the seed and the epoch alone.
    """

    epoch: int
    seconds: float
    best: BestEpoch
    best_values: Mapping[str, float]
    rows: Mapping[str, Array]

    def to_bytes(self) -> bytes:
        """Return the checkpoint as an NPZ file."""
        about = {
            "epoch": self.epoch,
            "seconds": self.seconds,
            "best": asdict(self.best),
            "best_values": dict(self.best_values),
        }
        return write_npz({**self.rows, "about": np.array(json.dumps(about))})

    @classmethod
    def from_bytes(cls, content: bytes) -> "Checkpoint":
        """Return the checkpoint that `to_bytes` wrote."""
        rows = read_npz_archive(content)
        about = json.loads(rows.pop("about").item())
        return cls(about["epoch"], about["seconds"], BestEpoch(**about["best"]), about["best_values"], rows)
