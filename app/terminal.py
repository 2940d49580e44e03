"""What commands say on standard error beside their answers: notes on what was read, and faults."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import typer

from app.domain import problems
from app.domain.datasets import Note
from app.domain.errors import InvalidRequest, LogsweepError, OverQuota
from app.domain.texts import visible


def tell(sentence: str, *, err: bool = True) -> None:
    """Show a sentence, in which names and reasons of others may stand, on standard error or on standard output."""
    typer.echo(visible(sentence), err=err)


def tell_rows(rows: str) -> None:
    """Write rows of CSV to standard output: for a program as they are, for a terminal so that none steers it."""
    lines = (visible(line.removesuffix("\r")) for line in rows.split("\n"))  # by no other sign: that would forge rows
    # Not by click, which takes colours out of what goes into a file.
    sys.stdout.write("\n".join(lines) if sys.stdout.isatty() else rows)


def show_notes(notes: Iterable[Note]) -> None:
    """Show what was guessed or left out."""
    for note in notes:
        tell(f"Note: {note.detail}")


def notes_of(card: Mapping[str, Any]) -> Iterable[Note]:
    """Return the notes of a data set's card; one of an older version has none."""
    return [Note(**note) for note in card.get("notes", ())]


@contextmanager
def faults_shown() -> Iterator[None]:
    """Show why something is refused, all faults of an invalid request, and end the process with 1."""
    try:
        yield
    except LogsweepError as error:
        for sentence in sentences(error):
            tell(sentence)
        raise typer.Exit(1) from None


def sentences(error: LogsweepError) -> list[str]:
    """Return what an error says: each fault of what was asked for, else the whole, and whatever quotas it breaks."""
    if isinstance(error, InvalidRequest):
        return [fault.detail for fault in error.faults]  # the whole tells their number alone, and of a request
    faults = error.faults if isinstance(error, OverQuota) else ()
    return problems.sentences(error.detail, (fault.detail for fault in faults))
