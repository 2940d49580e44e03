"""How commands reach a server, and how they end: with 0, or with a sentence and a code that scripts can tell apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING, Annotated

import typer

from app.domain import disks
from app.domain.errors import Conflict, NotInstalled, Unavailable
from app.domain.problems import sentences
from app.key_files import TAKEN_FROM
from app.terminal import tell

if TYPE_CHECKING:
    from logsweep import Client

Server = Annotated[str, typer.Option(help="The address of the server.", envvar="LOGSWEEP_SERVER")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer JSON, as the API does.")]

LOCAL = "http://127.0.0.1:8000"

PATIENCE = 5.0
"""Seconds in which a server has to answer that it is there."""


class Exit(IntEnum):
    """Exit codes; 2 is a command that is written wrongly."""

    REFUSED = 1
    UNREACHABLE = 3
    NOT_COMPLETED = 4


@contextmanager
def connected(server: str) -> Iterator["Client"]:
    """Give a client of the server; a refusal, or a server that is not there, ends the process with its sentences."""
    from logsweep import (  # noqa: PLC0415  # keeps other commands short
        Client,
        LogsweepError,
        Refused,
        Unauthenticated,
        Unreachable,
    )

    try:
        with _places_told(), Client(server) as client:
            client.within(PATIENCE).health()  # an upload alone would be tried again for ten minutes
            yield client
    except Unauthenticated as error:
        tell(f"{error.detail} {TAKEN_FROM}")
        raise typer.Exit(Exit.REFUSED) from None
    except Refused as error:
        for sentence in sentences(error.detail, (fault.detail for fault in error.faults)):
            tell(sentence)
        raise typer.Exit(Exit.REFUSED) from None
    except Unreachable as error:
        way = "Start one with `logsweep serve`, or say where it is: --server, or LOGSWEEP_SERVER"
        tell(f"No server answers at {server}{f' ({error.why})' if error.why else ''}. {way}.")
        raise typer.Exit(Exit.UNREACHABLE) from None
    except LogsweepError as error:
        tell(str(error))
        raise typer.Exit(Exit.REFUSED) from None
    except (NotInstalled, Unavailable, Conflict) as error:
        tell(error.detail)
        raise typer.Exit(Exit.REFUSED) from None


@contextmanager
def _places_told() -> Iterator[None]:
    """End with a sentence where a file cannot be written or read."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            raise  # of a pipe whose reader left, for example
        tell(disks.told(error, str(error.filename2 or error.filename).removesuffix(".partial")).detail)
        raise typer.Exit(Exit.REFUSED) from None
