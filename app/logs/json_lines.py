"""Lines of the log for machines: one JSON object each, by structlog."""

import logging

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from app.logs.context import REQUEST_FIELDS, ids_bound


def json_formatter() -> logging.Formatter:
    """Return what formats a record as JSON: `time`, `level`, `logger`, `message`, ids, fields, `exception` if any."""
    told: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _add_ids,
        structlog.stdlib.ExtraAdder(REQUEST_FIELDS),
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=told,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("message"),
            _in_order,
            structlog.processors.JSONRenderer(),
        ],
    )


def _add_ids(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {**event, **ids_bound()}


def _in_order(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Return the fields with those first by which a line is found."""
    first = ("time", "level", "logger", "message")
    return {**{name: event[name] for name in first if name in event}, **event}
