"""Which trials fit, and which of them are on a page: masks and partial sorts over the keys of columns."""

from collections.abc import Mapping, Sequence
from math import inf

import numpy as np
from numpy.typing import NDArray

from app.domain.filters import Condition, Operator
from app.domain.values import Value
from app.trial_columns.column import Column, Keys, Numbers, Span

Mask = NDArray[np.bool_]

_SAMPLE, _SURPLUS = 8192, 16
"""How many keys are looked at to judge the others by, and how many more of these than a page may need."""


def fitting(column: Column, condition: Condition) -> Mask:
    """Return which trials meet a condition on this column."""
    keys, value = column.keys(), condition.value
    if condition.operator == "in":
        assert isinstance(value, Sequence)
        return any_of(column, value)
    if value is None:
        return np.isnan(keys) if condition.operator == "=" else ~np.isnan(keys)
    same, kind = column.span(value), column.comparable(value)
    if condition.operator == "!=":
        return (keys < same.first) | (keys >= same.last)  # neither holds of NaN
    bounds: Mapping[Operator, tuple[float, float]] = {
        "=": (same.first, same.last),
        "<": (kind.first, same.first),
        "<=": (kind.first, same.last),
        ">": (same.last, kind.last),
        ">=": (same.first, kind.last),
    }
    return _within(keys, *bounds[condition.operator])


def any_of(column: Column, values: Sequence[Value]) -> Mask:
    """Return which trials have one of these values in the column."""
    keys = column.keys()
    fits = np.zeros(len(keys), np.bool_)
    for value in values:
        if value is None:
            fits |= np.isnan(keys)
        else:
            span = column.span(value)
            fits |= _within(keys, span.first, span.last)
    return fits


def after_place(keys: Keys, place: Span | None, number: int, *, descending: bool) -> Mask:
    """Return which trials come after a place in the order: equals by number, and those without a value at the end.

    The place is that of trial `number`, with keys in `place`; None if it has no value.
    """
    missing = np.isnan(keys)
    if place is None:
        missing[: number + 1] = False
        return missing
    beyond = keys < place.first if descending else keys >= place.last
    equal = _within(keys, place.first, place.last)
    equal[: number + 1] = False
    return beyond | equal | missing


def first_in_order(keys: Keys, mask: Mask | None, limit: int, *, descending: bool) -> Numbers:
    """Return the first `limit` trials, of those in the mask: by key, then by number, those without a key at the end."""
    sizes = -keys if descending else keys
    bound = _bound(sizes, mask, limit)
    below, equal = _where(sizes < bound, mask), _where(sizes == bound, mask)
    if len(below) + len(equal) < limit:
        below, equal = _where(sizes < inf, mask), equal[:0]
    numbers = np.concatenate([below[_lowest(sizes[below], limit)], equal])[:limit]
    if len(numbers) == limit:
        return numbers
    return np.concatenate([numbers, _where(np.isnan(keys), mask)[: limit - len(numbers)]])


def _bound(sizes: Keys, mask: Mask | None, limit: int) -> float:
    """Return a size that a few more than `limit` sizes are likely not above, judged by a sample of them.

    To sort few takes far less than to find few among all.
    """
    step = max(1, len(sizes) // _SAMPLE)
    sample = sizes[::step] if mask is None else sizes[::step][mask[::step]]
    sample = sample[~np.isnan(sample)]
    place = _SURPLUS + 2 * limit // step
    return float(np.partition(sample, place)[place]) if place < len(sample) else inf


def _where(fits: Mask, mask: Mask | None) -> Numbers:
    return np.flatnonzero(fits if mask is None else fits & mask)


def _lowest(sizes: Keys, limit: int) -> Numbers:
    """Return the places of the `limit` lowest sizes in order; of equals, the first ones."""
    if len(sizes) <= limit:
        return np.argsort(sizes, kind="stable")
    last = np.partition(sizes, limit - 1)[limit - 1]
    below = np.flatnonzero(sizes < last)
    equal = np.flatnonzero(sizes == last)[: limit - len(below)]
    return np.concatenate([below[np.argsort(sizes[below], kind="stable")], equal])


def _within(keys: Keys, first: float, last: float) -> Mask:
    return (keys >= first) & (keys < last)
