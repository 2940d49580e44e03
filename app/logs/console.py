"""Lines of the log for people: time, level, where it comes from, the sentence, and the ids that belong to it.

Whatever a message holds, it stays one line: only what this module writes begins one with a time.
"""

import logging
from typing import final

from app.domain.texts import visible
from app.logs.context import ids_bound

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
        line = visible(self.formatMessage(record) + (f" [{ids}]" if ids else ""))
        # Anew: what another handler has left in the record is not escaped.
        trace = self.formatException(record.exc_info).splitlines() if record.exc_info else []
        return "\n".join([line, *(_TRACE + visible(one) for one in trace)])
