"""Composition of the server: storage, use cases, the planner, the reaper and the web application."""

import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from threading import Event, Thread

from fastapi import FastAPI

from app.api.application import make_application
from app.dashboard import site
from app.domain.errors import LogsweepError
from app.instruments.instruments import Instruments
from app.instruments.meters import Meters
from app.planning import StandardPolicy
from app.preparation.preparation import Limits, Preparation
from app.services.checkpoints import FOLDER, Checkpoints
from app.services.clock import Clock
from app.services.planner import Planner
from app.services.services import Services
from app.services.work import Work
from app.settings import Settings, removed_settings
from app.storage import SqliteStorage

_log = logging.getLogger(__name__)

REAP_SECONDS = 1.0
"""How often the reaper looks for expired leases, sweeps whose time is up, and bytes that nothing names."""


def make_app(services: Services, settings: Settings) -> FastAPI:
    """Return the web application on services that are open."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.services = services
        yield

    app = make_application(lifespan, max_upload_bytes=settings.max_upload_bytes)
    site.install(app)
    return app


@contextmanager
def open_services(settings: Settings) -> Iterator[Services]:
    """Open the data folder, register the built-in data sets, run planner and reaper; close everything at the end.

    Raises Conflict for a database that is damaged or not ours; Unavailable if the folder is in use, cannot be written,
    or is of a newer version; DiskFull.
    """
    for sentence in removed_settings(os.environ):
        _log.warning(sentence)
    meters = Meters()
    storage = SqliteStorage(settings.data, StandardPolicy(), settings.database_bytes, Instruments(meters))
    try:
        services = Services.on(
            storage,
            Clock(),
            os.urandom,
            lease_seconds=settings.lease_seconds,
            preparation=_preparation(settings),
            checkpoints=Checkpoints(settings.data / FOLDER, settings.checkpoint_bytes),
            meters=meters,
        )
        services.datasets.register_builtin()
        services.work.recover()
        with _planning(services.planner), _reaper(services.work):
            yield services
        services.publisher.close()
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
def _reaper(work: Work) -> Iterator[None]:
    """Run `work.reap` every second in a thread of its own."""
    stop = Event()
    thread = Thread(target=_reap_until, args=(stop, work), name="reaper", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _reap_until(stop: Event, work: Work) -> None:
    in_trouble = False
    while not stop.wait(REAP_SECONDS):
        try:
            count = work.reap()
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
            if count:
                _log.info("took back %d runs from silent workers", count)
