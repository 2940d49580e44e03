"""Traces: which spans there are within a request, and where they are sent.

Without an address to send them to there are none, and nothing of this costs anything; sending needs the extra `otel`.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final

from opentelemetry.trace import NoOpTracer, Tracer, TracerProvider, get_current_span

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
    if isinstance(tracer, NoOpTracer) or not get_current_span().is_recording():
        return _NOTHING
    function = f"{of.__module__}.{of.__qualname__}"
    return tracer.start_as_current_span(name, attributes={"code.function.name": function})


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
