"""What SQLite refuses, told as errors: a full disk, another program's lock, damage, a missing right."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from app.domain import disks
from app.domain.errors import LogsweepError, Unavailable

HERE = "the data folder of the server"
"""The place that is named to those who ask over HTTP, whom its path does not concern."""

_FULL, _BUSY, _LOCKED, _PROTOCOL = 13, 5, 6, 15
_PERM, _READONLY, _CANTOPEN = 3, 8, 14
_CORRUPT, _NOTADB = 11, 26
_IOERR, _IOERR_OF_WRITING = 10, frozenset({10, 778, 1034, 1290, 1546, 4874})
"""SQLite's codes of errors; those of writing (write, sync, truncate and so on) have more than the last byte, but where
SQLite tells no more, as of a quota that is used up."""


_UNSAID = {"database or disk is full": _FULL, "disk I/O error": _IOERR, "database is locked": _BUSY}
"""What copies of whole databases say of errors, without a code."""


class Closed(Unavailable):
    """The storage is closed: because the server stops, unless another reason is said."""

    def __init__(self, why: str = "The storage is closed: the server is stopping. Try again in a moment.") -> None:
        super().__init__(why)


def told(error: BaseException, place: str = HERE) -> LogsweepError | None:
    """Return the error of ours for what the database or its disk refused; None for a fault of this program."""
    if isinstance(error, OSError):
        return disks.told(error, place)
    code = getattr(error, "sqlite_errorcode", None) or _UNSAID.get(str(error))
    return None if code is None else _told(code, str(error), place)


@contextmanager
def faults_told(place: str = HERE) -> Iterator[None]:
    """Raise what the database or its disk refuses as an error of ours."""
    try:
        yield
    except LogsweepError:
        raise
    except Exception as error:
        if (fault := told(error, place)) is None:
            raise
        raise fault from error


def tell_faults(engine: Engine, place: str = HERE) -> None:
    """Have an engine raise what the database refuses as errors of ours."""

    @event.listens_for(engine, "handle_error", retval=True)
    def tell(context: Any) -> LogsweepError | None:
        return told(context.original_exception, place)


def _told(code: int, why: str, place: str) -> LogsweepError | None:
    kind = code & 0xFF
    if kind == _FULL:
        return disks.full(place, why)
    if code in _IOERR_OF_WRITING:
        return disks.full(f"{place}, or its disk fails", why)
    if kind in {_BUSY, _LOCKED, _PROTOCOL}:
        return Unavailable(
            f"Another program holds the lock of the database in {place} ({why}). Try again in a moment; if that lasts, "
            "end what has it open for writing."
        )
    if kind in {_PERM, _READONLY, _CANTOPEN}:
        return disks.not_writable(f"the database in {place}", why)
    if kind in {_CORRUPT, _NOTADB}:
        return Unavailable(
            f"The database in {place} is damaged ({why}). Stop the server, and go back to a backup with logsweep "
            "restore; logsweep doctor --data tells what is damaged."
        )
    return Unavailable(f"The disk of {place} failed ({why}). Look at the system's log.") if kind == _IOERR else None
