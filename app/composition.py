"""Composition of the server: storage, use cases, the planner, the reaper and the web application."""

import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from shlex import quote
from threading import Event, Thread

from fastapi import FastAPI
from opentelemetry.trace import TracerProvider

from app.api.application import Capacity, make_application
from app.api.held import MOST_CONNECTIONS
from app.dashboard import site
from app.domain.access import Scope
from app.domain.errors import LogsweepError
from app.instruments.instruments import Instruments
from app.instruments.meters import Meters
from app.instruments.tracing import tracer_of
from app.key_files import write_key_file
from app.planning import StandardPolicy
from app.preparation.preparation import Limits, Preparation
from app.services.access import Access
from app.services.checkpoints import FOLDER, Checkpoints
from app.services.clock import Clock
from app.services.planner import Planner
from app.services.services import Services
from app.settings import Settings, idle_settings
from app.storage import SqliteStorage

_log = logging.getLogger(__name__)

REAP_SECONDS = 1.0
"""How often the reaper looks for expired leases, sweeps whose time is up, and bytes that nothing names."""


def make_app(services: Services, settings: Settings, traces: TracerProvider | None = None) -> FastAPI:
    """Return the web application on services that are open; its requests are traced if somebody sends traces."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.services = services
        yield

    app = make_application(
        lifespan,
        max_upload_bytes=settings.max_upload_bytes,
        hosts=settings.hosts,
        origins=settings.origins,
        traces=traces,
        capacity=Capacity(settings.connections or MOST_CONNECTIONS, settings.readings, settings.reading_seconds),
    )
    site.install(app)
    return app


@contextmanager
def open_services(settings: Settings, traces: TracerProvider | None = None) -> Iterator[Services]:
    """Open the data folder, register the built-in data sets, run planner and reaper; close everything at the end.

    Raises Conflict for a database that is damaged or not ours; Unavailable if the folder is in use, cannot be written,
    or is of a newer version; DiskFull.
    """
    for sentence in idle_settings(os.environ):
        _log.warning(sentence)
    instruments = Instruments(Meters(), tracer_of(traces))
    storage = SqliteStorage(settings.data, StandardPolicy(), settings.database_bytes, instruments)
    try:
        services = Services.on(
            storage,
            Clock(),
            os.urandom,
            lease_seconds=settings.lease_seconds,
            preparation=_preparation(settings),
            checkpoints=Checkpoints(settings.data / FOLDER, settings.checkpoint_bytes),
            meters=instruments.meters,
            requests_per_second=settings.requests_per_second,
        )
        services.datasets.register_builtin()
        services.work.recover()
        services.worker_owners.recover()
        with _planning(services.planner), _reaper(services):
            yield services
        services.publisher.close()
    finally:
        storage.close()


def make_first_keys(access: Access, settings: Settings) -> None:
    """Put the first keys where the settings say, if there are none. Raises Unavailable."""
    places = {Scope.ADMIN: settings.first_admin_key, Scope.WORK: settings.first_work_key}
    access.create_first({scope: partial(write_key_file, file) for scope, file in places.items() if file is not None})
    file = settings.first_work_key  # workers read it at each start; that of the administrator may be kept elsewhere
    if file is not None and not file.exists():
        _log.warning(
            "%s is not there, and keys exist: `logsweep --key-file ADMIN_KEY key create workers --scope work --file %s "
            "--server ADDRESS` makes one.",
            file,
            quote(str(file)),
        )


@contextmanager
def open_access(data: Path) -> Iterator[Access]:
    """Give the access keys of a data folder that no server uses. Raises Unavailable."""
    way_out = "Ask that server: --server http://127.0.0.1:8000, or where it is; LOGSWEEP_SERVER says the same."
    storage = SqliteStorage(data, StandardPolicy(), way_out=way_out)
    try:
        yield Access(storage, Clock(), os.urandom)
    finally:
        storage.close()


def _preparation(settings: Settings) -> Preparation:
    limits = Limits(settings.max_table_bytes, settings.reading_bytes, settings.reading_seconds)
    return Preparation(limits, settings.readings)


@contextmanager
def _planning(planner: Planner) -> Iterator[None]:
    """Run the planner's thread."""
    planner.start()
    try:
        yield
    finally:
        planner.close()


@contextmanager
def thread_until(name: str, run: Callable[[Event], object]) -> Iterator[None]:
    """Run something meanwhile in a thread of its own, until the event that it is given is set."""
    stop = Event()
    thread = Thread(target=run, args=(stop,), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _reaper(services: Services) -> AbstractContextManager[None]:
    """Take back work every second in a thread of its own, write down which keys were used, forget workers that left."""
    return thread_until("reaper", lambda stop: _reap_until(stop, services))


def _reap_until(stop: Event, services: Services) -> None:
    in_trouble = False
    while not stop.wait(REAP_SECONDS):
        try:
            services.work.reap()
            services.access.write_uses()
            services.worker_owners.forget_gone()
        except LogsweepError as error:  # a full disk, for one, which lines of the log would not make better
            if not in_trouble:
                _log.warning("the reaper cannot do its rounds; it goes on trying: %s", error)
            in_trouble = True
        except Exception:  # noqa: BLE001 - the next round may do better; without a reaper lost work would wait for ever
            _log.exception("the reaper failed")
        else:
            if in_trouble:
                _log.info("the reaper does its rounds again")
            in_trouble = False
