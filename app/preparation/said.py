"""How a form wants its files read, in the terms of the reader, and what is wrong with that."""

from collections.abc import Iterator
from dataclasses import fields
from typing import get_args

from app.domain.errors import Fault
from app.domain.uploads import UploadForm
from engine.data.formats.dates import ORDERS
from engine.data.formats.numbers import Decimal, Thousands
from engine.data.said import Said

_CHOICES = {
    "decimal": get_args(Decimal),
    "thousands": get_args(Thousands),
    "dates": ORDERS,
    "missing_target": ("drop",),
}


def said_of(form: UploadForm) -> Said:
    """Return the settings of a form, without those that have faults."""
    faulty = {fault.pointer.removeprefix("/") for fault in said_faults(form)}
    return Said(**{one.name: getattr(form, one.name) for one in fields(Said) if one.name not in faulty})


def said_faults(form: UploadForm) -> Iterator[Fault]:
    """Yield what is wrong with the settings of a form."""
    for field, choices in _CHOICES.items():
        value = getattr(form, field)
        if value is not None and value not in choices:
            rule = f"it must be {' or '.join(choices)}"
            yield Fault(f"/{field}", f'The {field} "{value[:60]}" is not possible: {rule}.')
    if form.decimal is not None and form.decimal == form.thousands:
        detail = f'The thousands "{form.thousands}" mark decimals already: the two have to differ.'
        yield Fault("/thousands", detail)
