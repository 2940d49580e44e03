"""Whole numbers beyond 2^53, of which float64 takes neighbours for one: where that happens, a column is refused."""

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

EXACT = 2**53
"""Up to here, float64 holds every whole number."""

_WHOLE = re.compile(r"[+-]?[0-9]{16,40}")  # fewer digits are exact, and more are beyond float32

Pair = tuple[int, int]


def merged_words(words: Iterable[str]) -> Pair | None:
    """Return two different whole numbers that are one in float64, if some of the words are."""
    known: dict[float, int] = {}
    for number in (int(word) for word in words if _WHOLE.fullmatch(word)):
        if known.setdefault(float(number), number) != number:
            return known[float(number)], number
    return None


def merged_integers(values: NDArray[Any]) -> Pair | None:
    """Return two different values (m,) of an integer type that are one in float64, if there are some."""
    if values.dtype.kind not in "iu" or values.dtype.itemsize < np.dtype(np.int64).itemsize:
        return None
    different = np.unique(values[(values >= EXACT) | (values <= -EXACT)])
    merged = np.flatnonzero(np.diff(different.astype(np.float64)) == 0.0)
    return (int(different[merged[0]]), int(different[merged[0] + 1])) if len(merged) else None


def merged_fault(name: str, pair: Pair, way: str) -> str:
    """Return the sentence on a column or an array, with its `name` and a way out of its own."""
    why = "float64 takes them for one number, as whole numbers are exact up to 9,007,199,254,740,992 only"
    return f"{name} holds {pair[0]} and {pair[1]}, but {why}. Subtract an offset from all of them, {way}."
