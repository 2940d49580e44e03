"""Traces: which spans there are within a request, and where they are sent.

Without an address to send them to there are none, and nothing of this costs anything; sending needs the extra `otel`.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any, Final

from opentelemetry.trace import NoOpTracer, Span, Status, StatusCode, Tracer, TracerProvider, get_current_span

from app.version import logsweep_version

ADDRESSES: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""The variables of OpenTelemetry that name where spans are sent; its other ones hold too."""

_NOTHING = nullcontext()
_log = logging.getLogger(__name__)


def tracer_of(provider: TracerProvider | None) -> Tracer:
    """Return who writes the spans of the service itself; without a provider one that writes none."""
    return NoOpTracer() if provider is None else provider.get_tracer("logsweep", logsweep_version())


def span(tracer: Tracer, name: str, of: Callable[..., object]) -> AbstractContextManager[object]:
    """Return what traces the call of a function, if what it is called for is traced."""
    return tracer.start_as_current_span(name, attributes=_named(of)) if _is_traced(tracer) else _NOTHING


def span_until(future: Future[Any], tracer: Tracer, name: str, of: Callable[..., object]) -> None:
    """Trace the call of a function from now on until it has answered, if what it is called for is traced."""
    if _is_traced(tracer):
        opened = tracer.start_span(name, attributes=_named(of))
        future.add_done_callback(partial(_end, opened))


def _end(opened: Span, answered: Future[Any]) -> None:
    """End a span, with the error if there was one, as it stands in the spans of calls."""
    if not answered.cancelled() and (error := answered.exception()) is not None:
        opened.record_exception(error)
        opened.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {error}"))
    opened.end()


def _is_traced(tracer: Tracer) -> bool:
    return not isinstance(tracer, NoOpTracer) and get_current_span().is_recording()


def _named(of: Callable[..., object]) -> Mapping[str, str]:
    return {"code.function.name": f"{of.__module__}.{of.__qualname__}"}


def name_route(method: str, route: str) -> None:
    """Name the span of a request by its route, where nobody else does."""
    current = get_current_span()
    if current.is_recording():
        current.update_name(f"{method} {route}")
        current.set_attribute("http.route", route)


@contextmanager
def sent_traces(environment: Mapping[str, str]) -> Iterator[TracerProvider | None]:
    """Yield who sends traces to where the environment says, and send the last ones at the end; None if it says nothing.

    Where the extra is missing, the log says so, and there are none.
    """
    if not any(environment.get(name) for name in ADDRESSES):
        yield None
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 # an extra
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 # of the same extra
        from opentelemetry.sdk.trace import TracerProvider as Provider  # noqa: PLC0415 # of the same extra
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 # of the same extra
    except ImportError:
        _log.warning(
            "An address for traces is set, but none are sent: pip install '.[otel]' in the checkout, or unset it."
        )
        yield None
        return
    name = environment.get("OTEL_SERVICE_NAME", "logsweep")
    provider = Provider(resource=Resource.create({"service.name": name, "service.version": logsweep_version()}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    try:
        yield provider
    finally:
        provider.shutdown()
