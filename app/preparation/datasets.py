"""Data sets for the service: uploads and built-ins prepared once, as content that its hash names."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain.datasets import Task
from engine.data import NAMES, Dataset, load_builtin
from engine.data.part_tables import PARTS
from engine.training_set import outputs_of

_ROWS_COMPARED = 1 << 10


@dataclass(frozen=True, slots=True)
class PreparedDataset:
    """A data set ready to be stored: what workers fetch, in memory or in a file, and `sha256`, its hash in hex.

    `rows` counts the rows of train, dev and test; `features` are the inputs of a network, `outputs` its outputs.
    """

    source: bytes | Path
    sha256: str
    task: Task
    rows: Mapping[str, int]
    features: int
    outputs: int
    card: Mapping[str, object]

    @property
    def content(self) -> bytes:
        """What workers fetch, read anew each time from a file."""
        return self.source.read_bytes() if isinstance(self.source, Path) else self.source


def builtin_names() -> tuple[str, ...]:
    """Return the names of the data sets that come with logsweep."""
    return NAMES


@cache  # all of them are less than 1 MB, and stay the same while a process lives
def prepare_builtin(name: str) -> PreparedDataset:
    """Prepare a data set that comes with logsweep, once in a process."""
    return prepared(load_builtin(name))


def trains_alike(stored: bytes, content: bytes) -> bool:
    """Return whether networks would train on two contents alike: equal classes, targets and inputs in every part."""
    first, second = Dataset.from_bytes(stored), Dataset.from_bytes(content)
    if (first.task, first.classes, first.image) != (second.task, second.classes, second.image):
        return False
    for part in PARTS:
        x, other = first.inputs(part), second.inputs(part)
        if not np.array_equal(getattr(first, f"y_{part}"), getattr(second, f"y_{part}")):
            return False
        if not (_equal_inputs(x.x, other.x) and np.array_equal(x.double, other.double)):
            return False
    return True


def _equal_inputs(first: NDArray[Any], second: NDArray[Any]) -> bool:
    """Return whether inputs are equal as float32; they are compared piece by piece."""
    pieces = (slice(start, start + _ROWS_COMPARED) for start in range(0, len(first), _ROWS_COMPARED))
    return first.shape == second.shape and all(
        np.array_equal(np.float32(first[piece]), np.float32(second[piece])) for piece in pieces
    )


def prepared(dataset: Dataset) -> PreparedDataset:
    """Return a data set ready to be stored."""
    content = dataset.to_bytes()
    return PreparedDataset(source=content, sha256=hashlib.sha256(content).hexdigest(), **facts_of(dataset))


def facts_of(dataset: Dataset) -> dict[str, Any]:
    """Return what is known of a prepared data set besides its content and the hash of that."""
    return {
        "task": dataset.task,
        "rows": dataset.card["split"]["rows"],
        "features": dataset.x_train.shape[1],
        "outputs": outputs_of(dataset),
        "card": dataset.card,
    }
