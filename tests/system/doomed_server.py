"""`logsweep serve` on a driver that panics: a statement about what is called `doomed` ends the thread that makes it.

Drivers and parsers that are written in other languages raise what is no Exception, so that nobody goes on from it.
"""

from typing import Any

from sqlalchemy import Engine, event

from app.cli import main


class PanicError(BaseException):
    """What a driver raises that has lost its own ground."""


def panic(*call: Any) -> None:
    """Hear of a call of the database before it is made."""
    if "doomed" in str(call[3]):
        raise PanicError("the driver is lost")


if __name__ == "__main__":
    event.listen(Engine, "before_cursor_execute", panic)
    main()
