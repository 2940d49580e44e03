"""How a training table is to be cut into train, dev and test, and what is wrong with that."""

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from engine.data.table import TableError, TableFault

Fractions = tuple[float, float, float]
"""The shares of train, dev and test in the training table."""

FRACTIONS: Fractions = (0.70, 0.15, 0.15)
By = Literal["group", "order"]

_DEFAULTS: dict[frozenset[str], Fractions] = {
    frozenset(): FRACTIONS,
    frozenset({"dev"}): (1.0, 0.0, 0.0),
    frozenset({"test"}): (0.85, 0.15, 0.0),
    frozenset({"dev", "test"}): (1.0, 0.0, 0.0),
}
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Cut:
    """How a training table is cut; without fractions as `fractions_for` has it.

    Rows with one value in the column `group` stay in one part; or the rows with the last values in the column `order`
    are test, and those before them dev. Neither column is an input.
    """

    fractions: Fractions | None = None
    seed: int = 0
    group: str | None = None
    order: str | None = None

    def columns(self) -> dict[By, str]:
        """Return the columns that were named, by what they are for."""
        both: dict[By, str | None] = {"group": self.group, "order": self.order}
        return {by: name for by, name in both.items() if name is not None}


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


def asked(fractions: Fractions) -> list[int]:
    """Return the places of the parts that have a share."""
    return [part for part, share in enumerate(fractions) if share > 0.0]


def shown(fractions: Fractions) -> str:
    """Return the shares as messages show them: "0.7, 0.15, 0.15"."""
    return ", ".join(f"{share:g}" for share in fractions)


def _fraction_faults(said: Fractions, separate: Collection[str]) -> Iterator[str]:
    split = f"The split {shown(said)}"
    train, dev, test = said
    if not all(math.isfinite(share) and share >= 0.0 for share in said):
        yield f"{split} has a share that is negative or no number: each must be between 0 and 1."
    elif abs(sum(said) - 1.0) > _ROUNDING:
        yield f"{split} sums to {sum(said):g}: the shares of train, dev and test must sum to 1."
    if train == 0.0:
        yield f"{split} leaves nothing to train on: give train a share."
    if dev == 0.0 and "dev" not in separate:
        yield f"{split} leaves nothing to choose by: give dev a share, or a file of its own."
    for part, share in (("dev", dev), ("test", test)):
        if share != 0.0 and part in separate:
            yield f"{split} cuts {part} from the training table, but {part} has a file of its own: set its share to 0."
