"""Which arrays an NPZ file holds, and which parts of a data set they make up."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from engine.data.part_tables import PartName
from engine.data.quoting import quoted

_PARTS: Mapping[str, PartName] = {"train": "train", "dev": "dev", "val": "dev", "test": "test"}
_PLAIN = ("x", "y")
_RULE = "an NPZ file holds x and y, or x_train and y_train with x_test and y_test, x_dev and y_dev, or both"


@dataclass(frozen=True, slots=True)
class Pair:
    """The arrays of one part: features and targets."""

    x: str
    y: str


def pairs(names: Collection[str]) -> Mapping[PartName, Pair]:
    """Return the pair of arrays of each part; x and y are all that there is to train on, and to cut parts from."""
    if _is_plain(names):
        return {"train": Pair(*_PLAIN)}
    return {part: Pair(f"x_{ending}", f"y_{ending}") for ending, part in _PARTS.items() if f"x_{ending}" in names}


def name_faults(names: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with the names of the arrays in a file."""
    endings = [] if _is_plain(names) else [ending for ending in _PARTS if {f"x_{ending}", f"y_{ending}"} & set(names)]
    needed = [f"{letter}_{ending}" for ending in endings or () for letter in _PLAIN] or list(_PLAIN)
    if endings and "train" not in endings:
        needed = ["x_train", "y_train", *needed]
    for name in needed:
        if name not in names:
            yield f"The array {name} is missing: {_RULE}."
    for name in sorted(set(names) - set(needed)):
        yield f"The array {quoted(name)} is not expected: {_RULE}. Leave it out."
    if {"dev", "val"} <= set(endings):
        yield "There are x_dev and x_val, which are both the dev part. Leave one out."


def _is_plain(names: Collection[str]) -> bool:
    return not {*_PLAIN}.isdisjoint(names)
