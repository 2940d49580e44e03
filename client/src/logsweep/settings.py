"""Where the server is, unless it is said, and by which clock deadlines go."""

import os
import time

USUAL_SECONDS = 60.0
"""Seconds that an answer may take with all tries where no deadline is given, besides what the work itself takes."""

CLOCK = time.monotonic

_USUAL = "http://127.0.0.1:8000"


def address(url: str | None) -> str:
    """Return the address of the server: the one given, LOGSWEEP_SERVER, or this machine's port 8000."""
    return (url or os.environ.get("LOGSWEEP_SERVER") or _USUAL).rstrip("/")
