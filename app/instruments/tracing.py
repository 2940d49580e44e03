"""Traces: which spans there are within a request. Without the extra `otel` and an address to send to there are none."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from opentelemetry.trace import NoOpTracer, Tracer, get_current_span

_NOTHING = nullcontext()


def span(tracer: Tracer, name: str, of: Callable[..., object]) -> AbstractContextManager[object]:
    """Return what traces the call of a function, if what it is called for is traced."""
    if isinstance(tracer, NoOpTracer) or not get_current_span().is_recording():
        return _NOTHING
    function = f"{of.__module__}.{of.__qualname__}"
    return tracer.start_as_current_span(name, attributes={"code.function.name": function})
