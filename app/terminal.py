"""What commands say on standard error beside their answers: notes on what was read, and faults."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import typer

from app.domain.datasets import Note
from app.domain.errors import InvalidRequest, LogsweepError


def show_notes(notes: Iterable[Note]) -> None:
    """Show what was guessed or left out."""
    for note in notes:
        typer.echo(f"Note: {note.detail}", err=True)


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
            typer.echo(sentence, err=True)
        raise typer.Exit(1) from None


def sentences(error: LogsweepError) -> list[str]:
    """Return what an error says: of an invalid request each fault."""
    return [fault.detail for fault in error.faults] if isinstance(error, InvalidRequest) else [error.detail]
