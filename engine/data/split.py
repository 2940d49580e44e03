"""The split into train, dev and test: seeded, and for classes stratified."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data.table import TableError
from engine.data.target import Target

Rows = NDArray[np.intp]

FRACTIONS = (0.70, 0.15, 0.15)


@dataclass(frozen=True, slots=True)
class Split:
    """The rows of each part, in the order of the table; together they are all rows, each once."""

    train: Rows
    dev: Rows
    test: Rows


def split_rows(target: Target, seed: int, fractions: tuple[float, float, float] = FRACTIONS) -> Split:
    """Split the rows of a target into parts of the given fractions.

    Each class is shuffled and cut by itself, so that its share of a part is right within one row. Its first row goes
    to train and its second to dev, however few there are. Raises TableError if train or dev would be empty.
    """
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    strata = [np.flatnonzero(target.values == label) for label in range(len(target.classes))]
    parts: tuple[list[Rows], list[Rows], list[Rows]] = ([], [], [])
    for stratum in strata or [np.arange(len(target.values))]:
        for part, rows in zip(parts, _cut(rng.permutation(stratum), fractions), strict=True):
            part.append(rows)
    train, dev, test = (np.sort(np.concatenate(part)) for part in parts)
    if not len(train) or not len(dev):
        raise TableError([f"The table has {len(target.values)} rows, too few for a training and a dev part. Add rows."])
    return Split(train, dev, test)


def _cut(rows: Rows, fractions: tuple[float, float, float]) -> list[Rows]:
    train, dev, _ = fractions
    # Rounded sums, not sums of rounded counts, so that every part is right within one row.
    first = max(round(train * len(rows)), 1)
    second = min(max(round((train + dev) * len(rows)), first + 1), len(rows))
    return np.split(rows, [first, second])
