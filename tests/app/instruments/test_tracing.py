"""Tests of traces: from the request over what it calls to what is written, where somebody sends them."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace import TracerProvider as Provider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app.instruments.tracing import sent_traces, span_until, tracer_of
from tests.app.api.serving import Trainer, curve_point, serving, start
from tests.system.processes import until

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, InMemorySpanExporter]]:
    """A server whose spans are kept in memory."""
    exporter, provider = InMemorySpanExporter(), Provider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with serving(tmp_path_factory.mktemp("traced"), provider) as (client, _):
        yield client, exporter


def spans(exporter: InMemorySpanExporter, request: str) -> Sequence[ReadableSpan]:
    """Return the spans of a request, by its id, once it has ended: that is after its answer."""

    def traces() -> list[int]:
        finished = exporter.get_finished_spans()
        return [
            one.context.trace_id for one in finished if (one.attributes or {}).get("logsweep.request_id") == request
        ]

    until(traces, "the request is traced")
    (trace,) = traces()
    return [one for one in exporter.get_finished_spans() if one.context.trace_id == trace]


def way(found: Sequence[ReadableSpan], function: str) -> list[str]:
    """Return the names of the spans from the first one to that of a function."""
    by_id = {one.context.span_id: one for one in found}
    (one,) = (one for one in found if (one.attributes or {}).get("code.function.name") == function)
    names = [one.name]
    while one.parent is not None and one.parent.span_id in by_id:
        one = by_id[one.parent.span_id]
        names.insert(0, one.name)
    return names


def test_a_trace_leads_from_the_request_to_what_is_written(traced: tuple[httpx.Client, InMemorySpanExporter]) -> None:
    client, exporter = traced
    sweep = start(client)["id"]
    client.post(f"/v1/sweeps/{sweep}/cancel", headers={"X-Request-ID": "abc"})
    found = spans(exporter, "abc")
    assert way(found, "app.storage.control.cancel") == [
        "POST /v1/sweeps/{sweep}/cancel",
        "fastapi.endpoint",
        "storage.write",
    ]


def test_what_workers_send_is_traced_on_its_way_of_its_own(traced: tuple[httpx.Client, InMemorySpanExporter]) -> None:
    client, exporter = traced
    sweep = start(client)["id"]
    (lease,) = Trainer(client).leases(1)
    body = {"worker": "trainer", "items": [{"lease": lease, "epochs": [curve_point(1)]}]}
    client.post("/v1/work/report", json=body, headers={"X-Request-ID": "def"}).raise_for_status()
    found = spans(exporter, "def")
    assert way(found, "app.storage.progress.report") == ["POST /v1/work/report", "endpoint", "storage.write"]
    client.post(f"/v1/sweeps/{sweep}/cancel")


def test_a_trace_that_a_client_began_goes_on(traced: tuple[httpx.Client, InMemorySpanExporter]) -> None:
    client, exporter = traced
    client.get("/v1/sweeps", headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "X-Request-ID": "ghi"})
    assert {f"{one.context.trace_id:032x}" for one in spans(exporter, "ghi")} == {TRACE}


def test_what_only_watches_is_not_traced(traced: tuple[httpx.Client, InMemorySpanExporter]) -> None:
    client, exporter = traced
    exporter.clear()
    for path in ("/healthz", "/readyz", "/metrics", "/dashboard/index.html"):
        client.get(path)
    assert exporter.get_finished_spans() == ()


def test_what_was_waited_for_in_vain_is_traced_with_its_error() -> None:
    exporter, provider = InMemorySpanExporter(), Provider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer, answered, failed, cancelled = provider.get_tracer("test"), Future[int](), Future[int](), Future[int]()
    with tracer.start_as_current_span("request"):
        for future in (answered, failed, cancelled):
            span_until(future, tracer, "storage.write", tracer_of)
    answered.set_result(1)
    failed.set_exception(ValueError("no room"))
    cancelled.cancel()
    ended = exporter.get_finished_spans()[1:]
    assert [one.status.description for one in ended] == [None, "ValueError: no room", None]
    assert [[event.name for event in one.events] for one in ended] == [[], ["exception"], []]


def test_without_an_address_no_traces_are_sent() -> None:
    with sent_traces({}) as nobody:
        assert nobody is None
    with sent_traces({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SERVICE_NAME": "lab"}) as provider:
        assert isinstance(provider, Provider)
        assert provider.resource.attributes["service.name"] == "lab"
