"""The web application: all routes, problems and the document, around a lifespan that brings the use cases."""

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from time import monotonic

from anyio import CapacityLimiter
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from opentelemetry.trace import TracerProvider
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Lifespan

from app.api import (
    analysis,
    backups,
    charts,
    datasets,
    ensembles,
    events,
    exports,
    forms,
    gradient_checks,
    health,
    hyperparameters,
    keys,
    metrics,
    models,
    openapi,
    problems,
    reading,
    sessions,
    spaces,
    sweeps,
    trials,
    work,
    work_files,
    workers,
)
from app.api.audit import Audit
from app.api.body_limit import BodyLimit, Most, Rooms
from app.api.browsers import BrowserGuard
from app.api.fast_path import FastPath
from app.api.gate import Gate
from app.api.held import MOST_CONNECTIONS, Held
from app.api.methods import Methods
from app.api.observing import Observing
from app.api.once import RepeatTurns
from app.api.room import Room
from app.api.streams import BodyThreads
from app.api.turns import Turns
from app.api.waiting import CLAIMS_AT_ONCE
from app.domain.uploads import PIECE
from app.domain.work import MOST_REQUEST_BYTES
from app.instruments.tracing import tracer_of
from app.services.artifacts import MOST_MODEL_BYTES
from app.services.checkpoints import MOST_CHECKPOINT_BYTES
from app.services.predicting import MOST_FILE_BYTES
from app.version import logsweep_version

_ABOUT_SWEEPS = (
    datasets,
    hyperparameters,
    metrics,
    spaces,
    sweeps,
    trials,
    models,
    ensembles,
    analysis,
    charts,
    exports,
)
_ROOMS = (*_ABOUT_SWEEPS, gradient_checks, events, workers, work, work_files, keys, sessions, backups, health)

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_HEADERS = ("Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "Last-Event-ID", "X-Request-ID")
"""What pages of other origins may send; never cookies."""

_SHOWN = ("Idempotency-Replayed", "Retry-After", "X-Request-ID")
"""What they may read of the heads of answers."""

MAX_JSON_BYTES = 1 << 20
"""The most bytes of a JSON request, except those of workers and those with rows to predict."""

MAX_LOGIN_BYTES = 1 << 10
"""The most bytes of a login, which everybody may send: to read it costs next to nothing."""

MAX_ROWS_BYTES = 8 << 20
"""The most bytes of a request with rows to predict."""

MOST_HELD = 96 << 20
"""The most bytes of all bodies that are in memory at the same time; their values take some times as much."""

HELD_OF_WORKERS = 48 << 20
"""The same of the requests of workers, which are counted apart."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """What there is to share among those who ask: connections, and uploads that are read at the same time.

    An upload waits for its turn as long as one may take, so many seconds.
    """

    connections: int = MOST_CONNECTIONS
    readings: int = 2
    reading_seconds: float = 300.0


USUAL = Capacity()


def make_application(
    lifespan: Lifespan[FastAPI],
    *,
    max_upload_bytes: int,
    hosts: Collection[str] = (),
    origins: Sequence[str] = (),
    traces: TracerProvider | None = None,
    capacity: Capacity = USUAL,
) -> FastAPI:
    """Return the application; `lifespan` must put the use cases at `app.state.services`.

    It answers under the names of `hosts` beside those of loopback, and to pages of `origins` beside its own. Of the
    connections that its server bears, a quarter may wait for news, and half for work.
    """
    app = FastAPI(
        title="logsweep",
        version=logsweep_version(),
        summary="A hyperparameter search service that trains its own networks, many at a time.",
        lifespan=lifespan,
        telemetry=_telemetry(traces),
        docs_url=None,  # FastAPI's own pages fetch their scripts from elsewhere; the dashboard serves one that does not
        redoc_url=None,
        # As they are: those of a router that is included are made a second time, in the first request to wait for.
        routes=[route for room in _ROOMS for route in room.router.routes],
        form_limits={**forms.LIMITS},
    )
    limits = {
        "/v1/session": Most(MAX_LOGIN_BYTES),
        "/v1/datasets*": Most(max_upload_bytes, held=forms.HELD),
        "/v1/work/artifacts/*": Most(MOST_MODEL_BYTES, held=PIECE),
        "/v1/work/checkpoints/*": Most(MOST_CHECKPOINT_BYTES, held=PIECE),
        "/v1/work/*": Most(MOST_REQUEST_BYTES),
        "/v1/sweeps/*/predict": Most(MAX_ROWS_BYTES),
        "/v1/sweeps/*/evaluate": Most(MAX_ROWS_BYTES, form=Most(MOST_FILE_BYTES + MAX_JSON_BYTES, held=forms.HELD)),
    }
    app.add_middleware(FastPath, endpoints=work.ENDPOINTS, tracer=tracer_of(traces))
    app.add_middleware(Methods)
    rooms = Rooms(workers=Room(HELD_OF_WORKERS), others=Room(MOST_HELD))
    app.add_middleware(
        BodyLimit,
        usual=Most(MAX_JSON_BYTES),
        others=limits,
        parts=forms.MOST_FILES + forms.MOST_FIELDS,
        rooms=rooms,
        clock=monotonic,
    )
    app.add_middleware(Audit)
    app.add_middleware(Gate)
    if origins:  # their browsers ask beforehand, without a key
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=_METHODS,
            allow_headers=_HEADERS,
            expose_headers=_SHOWN,
        )
    app.add_middleware(BrowserGuard, hosts=hosts, origins=origins)
    # The last one added sees a request first. The use cases come with the lifespan, after the middleware.
    app.add_middleware(Observing, meters=lambda: app.state.services.meters, new_id=partial(token_hex, 8))
    _share(app, capacity)
    problems.install(app)
    openapi.install(app)
    return app


def _share(app: FastAPI, capacity: Capacity) -> None:
    """Put there what requests share: turns, threads, and room to be held."""
    app.state.gradient_checks = Turns(1, of_each=1)
    app.state.repeat_turns = RepeatTurns()
    app.state.readiness = None  # the look that is being taken, if one is
    app.state.held_readers, app.state.held_claims = Held(capacity.connections // 4), Held(capacity.connections // 2)
    app.state.uploads = Turns(capacity.readings, of_each=max(1, capacity.readings - 1))
    app.state.upload_patience = capacity.reading_seconds
    app.state.bodies = BodyThreads()
    app.state.claims = CapacityLimiter(CLAIMS_AT_ONCE)
    app.state.longest_read = reading.LONGEST_READ
    app.state.reads = Turns(reading.AT_ONCE, reading.READS_OF_EACH)
    app.state.models = Turns(reading.MODELS_AT_ONCE, reading.MODELS_OF_EACH)
    app.state.large_files = Turns(reading.LARGE_FILES_AT_ONCE, reading.LARGE_FILES_OF_EACH)
    app.state.work_threads = ThreadPoolExecutor(work.AT_ONCE, "work")


def _telemetry(traces: TracerProvider | None) -> TelemetryConfig:
    """Return what FastAPI tells OpenTelemetry: spans of requests, if somebody sends them, but none of looks at us."""
    return TelemetryConfig(
        tracer_provider=traces,
        tracing=traces is not None,
        metrics=False,  # they are counted here already
        logs=False,  # so are they
        auto_configure=False,
        exclude=lambda scope: scope["path"] in _WATCHED or scope["path"].startswith("/dashboard/"),
    )


_WATCHED = frozenset({"/healthz", "/readyz", "/metrics"})
