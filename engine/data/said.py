"""What the sender of files says of how they are to be read; what is left out is found out, and noted."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """How the files of a data set are to be read.

    `separator` is a word (comma, semicolon, tab, pipe, spaces), `header` "none" where the first row is data already,
    `encoding` a name that Python knows. `decimal` and `thousands` are words as well (point, comma; comma, point, space,
    quote, none), `dates` the order of a date (ymd, dmy, mdy). `missing` replaces the tokens that stand for a missing
    cell, also by none at all; None is the usual set. `missing_target` "drop" leaves out rows without a target.
    `ignore`, `categorical`, `group` and `order` name columns.
    """

    separator: str | None = None
    header: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    dates: str | None = None
    missing: Sequence[str] | None = None
    missing_target: str | None = None
    ignore: Sequence[str] = ()
    categorical: Sequence[str] = ()
    group: str | None = None
    order: str | None = None
