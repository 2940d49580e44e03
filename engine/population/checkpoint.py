"""A checkpoint: all that a member needs to go on later, anywhere, to the bits of never having stopped."""

import builtins
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from engine.arrays import Array
from engine.early_stopping import BestEpoch
from engine.network import Network
from engine.population.member import Member
from engine.population.rows import row_widths
from engine.spec import MemberSpec, Structure
from engine.tensors import Tensors, TensorsError

_TEXT = "logsweep checkpoint 1"
"""The name of the text in a file that says how far the member is; its number rises with the format."""


class CheckpointError(ValueError):
    """The bytes are not a whole checkpoint; the message says why."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A member between two epochs: how far it is, its best epoch, and its `rows` (1, width) of all that is kept for it.

    It holds no state of generators: those depend on the seed and the epoch alone.
    """

    epoch: int
    seconds: float
    best: BestEpoch
    best_values: Mapping[str, float]
    rows: Mapping[str, Array]

    @property
    def bytes(self) -> int:
        """What its rows take, in memory as in a file."""
        return sum(row.nbytes for row in self.rows.values())

    def member(self, key: str, spec: MemberSpec, pause_at: int | None) -> Member:
        """Return the member that goes on from it under a name."""
        return Member(key, spec, pause_at, self.epoch, self.seconds, replace(self.best), self.best_values)

    def misfits(self, structure: Structure, dtype: DTypeLike) -> Iterator[str]:
        """Yield why no member of a structure can go on from it, computing in `dtype`; nothing if one can."""
        due = {name: ((1, width), np.dtype(dtype)) for name, width in row_widths(Network(structure).layout).items()}
        for name in sorted(due.keys() | self.rows.keys()):
            found = (self.rows[name].shape, self.rows[name].dtype) if name in self.rows else None
            if found != due.get(name):
                yield f'its row "{name}" is {_described(found)}, and that of the member is {_described(due.get(name))}'

    def to_bytes(self) -> builtins.bytes:
        """Return the checkpoint as a safetensors file."""
        return self._tensors().to_bytes()

    def pieces(self) -> list[memoryview]:
        """Return the checkpoint as a safetensors file in pieces that share the memory of its rows."""
        return self._tensors().pieces()

    def _tensors(self) -> Tensors:
        about = {
            "epoch": self.epoch,
            "seconds": self.seconds,
            "best": asdict(self.best),
            "best_values": dict(self.best_values),
        }
        return Tensors(self.rows, {_TEXT: json.dumps(about)})

    @classmethod
    def from_bytes(cls, content: builtins.bytes) -> "Checkpoint":
        """Return the checkpoint that `to_bytes` wrote.

        Raises CheckpointError for bytes that are cut or of something else. Bytes that changed within a number are not
        noticed: whoever keeps checkpoints names them by their hash.
        """
        try:
            tensors = Tensors.from_bytes(content)
            about = json.loads(tensors.texts[_TEXT])
            best = BestEpoch(**about["best"])
            _require_kinds(about, best)
            return cls(about["epoch"], about["seconds"], best, about["best_values"], tensors.arrays)
        except TensorsError as error:
            raise CheckpointError(f"This is no whole checkpoint. {error}") from None
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
            other = f'This is no checkpoint of this version of logsweep: it has no text "{_TEXT}", or another one'
            raise CheckpointError(f"{other}. Start the member anew.") from None


def _require_kinds(about: Mapping[str, Any], best: BestEpoch) -> None:
    """Raise TypeError for numbers that are none: who goes on from them would fail far from here."""
    numbers = [about["seconds"], best.value, best.reference, *about["best_values"].values()]
    counts = [about["epoch"], best.reference_epoch, *([] if best.epoch is None else [best.epoch])]
    if not all(type(one) in {int, float} for one in numbers) or not all(type(one) is int for one in counts):
        raise TypeError


def _described(row: tuple[tuple[int, ...], np.dtype[np.generic]] | None) -> str:
    return "not there" if row is None else f"{row[1]} {row[0]}"
