"""The split into train, dev and test: seeded, and for classes stratified."""

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data.table import TableError, TableFault
from engine.data.target import Target

Rows = NDArray[np.intp]
Fractions = tuple[float, float, float]
"""The shares of train, dev and test in the training table."""

FRACTIONS: Fractions = (0.70, 0.15, 0.15)

_DEFAULTS: dict[frozenset[str], Fractions] = {
    frozenset(): FRACTIONS,
    frozenset({"dev"}): (1.0, 0.0, 0.0),
    frozenset({"test"}): (0.85, 0.15, 0.0),
    frozenset({"dev", "test"}): (1.0, 0.0, 0.0),
}
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Split:
    """The rows of each part, in the order of the table; together they are all rows, each once."""

    train: Rows
    dev: Rows
    test: Rows


def fractions_for(said: Fractions | None, separate: Collection[str]) -> Fractions:
    """Return how the training table is cut: the shares of train, dev and test in it.

    `separate` are the parts ("dev", "test") that have tables of their own, whole; their shares must be 0.

    | tables of their own | without `said`   | what may be said                       |
    | ------------------- | ---------------- | -------------------------------------- |
    | none                | 0.70, 0.15, 0.15 | dev above 0; test may be 0: no test    |
    | dev                 | 1, 0, 0: no test | dev 0; a test share is cut from train  |
    | test                | 0.85, 0.15, 0    | dev above 0, test 0                    |
    | dev and test        | 1, 0, 0          | nothing else                           |

    Train is always above 0, and the shares sum to 1. Raises TableError with every fault of what was said.
    """
    if said is None:
        return _DEFAULTS[frozenset(separate)]
    faults = [TableFault(detail, "split") for detail in _fraction_faults(said, separate)]
    if faults:
        raise TableError(faults)
    return said


def _fraction_faults(said: Fractions, separate: Collection[str]) -> Iterator[str]:
    shown = f"The split {', '.join(f'{share:g}' for share in said)}"
    train, dev, test = said
    if not all(math.isfinite(share) and share >= 0.0 for share in said):
        yield f"{shown} has a share that is negative or no number: each must be between 0 and 1."
    elif abs(sum(said) - 1.0) > _ROUNDING:
        yield f"{shown} sums to {sum(said):g}: the shares of train, dev and test must sum to 1."
    if train == 0.0:
        yield f"{shown} leaves nothing to train on: give train a share."
    if dev == 0.0 and "dev" not in separate:
        yield f"{shown} leaves nothing to choose by: give dev a share, or a file of its own."
    for part, share in (("dev", dev), ("test", test)):
        if share != 0.0 and part in separate:
            yield f"{shown} cuts {part} from the training table, but {part} has a file of its own: set its share to 0."


def split_rows(target: Target, seed: int, fractions: Fractions = FRACTIONS) -> Split:
    """Split the rows of a target into parts of the given fractions.

    Each class is shuffled and cut by itself, so that its share of a part is right within one row. Its first row goes
    to train and its second to dev (if dev has a share), however few there are. Raises TableError if train or a dev
    part that has a share would be empty.
    """
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    strata = [np.flatnonzero(target.values == label) for label in range(len(target.classes))]
    parts: tuple[list[Rows], list[Rows], list[Rows]] = ([], [], [])
    for stratum in strata or [np.arange(len(target.values))]:
        for part, rows in zip(parts, _cut(rng.permutation(stratum), fractions), strict=True):
            part.append(rows)
    train, dev, test = (np.sort(np.concatenate(part)) for part in parts)
    if not len(train) or (fractions[1] > 0.0 and not len(dev)):
        raise TableError([f"The table has {len(target.values)} rows, too few for a training and a dev part. Add rows."])
    return Split(train, dev, test)


def _cut(rows: Rows, fractions: Fractions) -> list[Rows]:
    train, dev, _ = fractions
    own = 1 if dev > 0.0 else 0  # a row that dev gets in any case
    # Rounded sums, not sums of rounded counts, so that every part is right within one row.
    first = max(min(round(train * len(rows)), len(rows) - own), 1)
    second = min(max(round((train + dev) * len(rows)), first + own), len(rows))
    return np.split(rows, [first, second])
