"""Pages of trials by columns: the numbers of the trials that fit, in order, from a place on."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Protocol

import numpy as np

from app.domain.filters import Field, Position, TrialQuery
from app.domain.values import Value
from app.trial_columns.column import Column, Keys, Numbers
from app.trial_columns.distinct import DistinctColumn
from app.trial_columns.numeric import NumericColumn
from app.trial_columns.selection import Mask, after_place, any_of, first_in_order, fitting

_NUMBER, _STATE = Field("number"), Field("state")


class Columns(Protocol):
    """Columns by field, all of the same trials."""

    def __getitem__(self, field: Field) -> Column:
        """Return the column of a field."""


def fields_of(query: TrialQuery, shared: Mapping[str, Value], others: Collection[Field] = ()) -> set[Field]:
    """Return the fields that a query and `others` read columns of; not the number, nor what all trials share."""
    read = {query.sort, *others, *(condition.field for condition in query.conditions)}
    read |= {_STATE} if query.states else set()
    return {field for field in read if field != _NUMBER and not _is_shared(field, shared)}


def page(
    columns: Columns, count: int, query: TrialQuery, shared: Mapping[str, Value], after: Position | None, limit: int
) -> list[Position]:
    """Return the places of up to `limit` of the `count` trials, from the first one after `after`.

    `shared` are the hyperparameters that are the same in all trials, and so have no columns.
    """

    sort = _column(columns, count, query.sort, shared)
    keys = sort.keys()
    masks = _masks(columns, count, query, shared)
    if after is not None:
        masks.append(_after(sort, keys, after, descending=query.descending))
    mask: Mask | None = reduce(np.logical_and, masks) if masks else None
    numbers = first_in_order(keys, mask, limit, descending=query.descending)
    return [Position(sort.mark(number), number) for number in numbers.tolist()]


@dataclass(frozen=True, slots=True)
class FieldKeys:
    """The trials that fit a query by rising number, and the keys of their fields: numbers and times are their own."""

    numbers: Numbers
    keys: Mapping[Field, Keys]


def keys_of_fitting(
    columns: Columns, count: int, query: TrialQuery, shared: Mapping[str, Value], fields: Collection[Field]
) -> FieldKeys:
    """Return the keys of all trials that fit a query, whatever its order; copies, which stay as they are."""
    masks = _masks(columns, count, query, shared)
    fits = reduce(np.logical_and, masks) if masks else np.ones(count, np.bool_)
    keys = {field: _column(columns, count, field, shared).keys()[fits] for field in fields}
    return FieldKeys(np.flatnonzero(fits), keys)


def _masks(columns: Columns, count: int, query: TrialQuery, shared: Mapping[str, Value]) -> list[Mask]:
    masks = [fitting(_column(columns, count, one.field, shared), one) for one in query.conditions]
    return [*masks, any_of(columns[_STATE], query.states)] if query.states else masks


def _column(columns: Columns, count: int, field: Field, shared: Mapping[str, Value]) -> Column:
    if field == _NUMBER:
        return NumericColumn(np.arange(count, dtype=np.float64))
    return DistinctColumn.constant(shared[field.name], count) if _is_shared(field, shared) else columns[field]


def _after(sort: Column, keys: Keys, position: Position, *, descending: bool) -> Mask:
    place = None if position.key is None else sort.place(position.key)
    return after_place(keys, place, position.number, descending=descending)


def _is_shared(field: Field, shared: Mapping[str, Value]) -> bool:
    return field.kind == "param" and field.name in shared
