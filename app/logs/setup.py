"""The one place that sets up the log of a process: how much it says, and in which form."""

import logging
from collections.abc import Mapping, Sequence
from typing import Final, TextIO

from app.domain.errors import Unavailable, show
from app.logs.console import ConsoleFormatter

LEVELS = ("INFO", "DEBUG", "WARNING", "ERROR", "CRITICAL")
FORMATS = ("console", "json")
"""The first of each is what holds unless said."""

LEVEL_VARIABLE: Final = "LOGSWEEP_LOG_LEVEL"
FORMAT_VARIABLE: Final = "LOGSWEEP_LOG_FORMAT"

_CHATTY = ("alembic", "httpcore", "httpx", "asyncio", "uvicorn")
"""Packages whose lines are of no use to who runs a service."""


def set_up_log(environment: Mapping[str, str], stream: TextIO) -> None:
    """Have everything that is logged in this process written to a stream, as the environment says.

    Raises Unavailable for a level or a format that is none.
    """
    level = _chosen(environment, LEVEL_VARIABLE, LEVELS)
    form = _chosen(environment, FORMAT_VARIABLE, FORMATS)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(form))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))


def _formatter(form: str) -> logging.Formatter:
    if form == "console":
        return ConsoleFormatter()
    # Only here: it takes a tenth of a second, and most processes are started for people.
    from app.logs.json_lines import json_formatter  # noqa: PLC0415

    return json_formatter()


def _chosen(environment: Mapping[str, str], name: str, known: Sequence[str]) -> str:
    """Return what a variable says, the first of the `known` values if it is not set, whatever its case."""
    said = environment.get(name, known[0])
    if (found := {one.casefold(): one for one in known}.get(said.casefold())) is None:
        raise Unavailable(f"{name} is {show(said)}, but must be one of {', '.join(known)}. Change or unset it.")
    return found
