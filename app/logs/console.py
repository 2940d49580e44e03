"""Lines of the log for people: time, level, where it comes from, the sentence, and the ids that belong to it.

Whatever a message holds, it stays one line: only what this module writes begins one with a time.
"""

import logging
import re
from typing import final

from app.logs.context import ids_bound

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_TRACE = "  | "


@final
class ConsoleFormatter(logging.Formatter):
    """Formats a record as a line; a traceback follows it, each line behind a bar."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the traceback below it."""
        record.message, record.asctime = record.getMessage(), self.formatTime(record)
        ids = " ".join(f"{name}={value}" for name, value in ids_bound().items())
        line = _escaped(self.formatMessage(record) + (f" [{ids}]" if ids else ""))
        # Anew: what another handler has left in the record is not escaped.
        trace = self.formatException(record.exc_info).splitlines() if record.exc_info else []
        return "\n".join([line, *(_TRACE + _escaped(one) for one in trace)])


def _escaped(text: str) -> str:
    """Return a text without characters that would begin a line or steer a terminal."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
