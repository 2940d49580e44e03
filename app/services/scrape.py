"""What Prometheus fetches: the meters, and where the service stands at that moment, read in one cheap snapshot."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import final

from prometheus_client import exposition
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.domain.errors import LogsweepError
from app.domain.standing import Room, Standing
from app.domain.states import SweepState, TrialState
from app.instruments.meters import Meters
from app.services.clock import Clock
from app.services.live_workers import LiveWorkers
from app.services.planner import Planner
from app.storage.interface import Storage
from app.version import logsweep_version


@final
class Scrape(Collector):
    """Everything that is measured, as text; what is known only when it is asked for is read then."""

    def __init__(self, meters: Meters, storage: Storage, clock: Clock, live: LiveWorkers, planner: Planner) -> None:
        self._meters = meters
        self._storage = storage
        self._clock = clock
        self._live = live
        self._planner = planner
        meters.registry.register(self)

    def text(self, accepted: str) -> tuple[bytes, str]:
        """Return the text and its media type, in the best form that is accepted."""
        encode, media_type = exposition.choose_encoder(accepted)
        return encode(self._meters.registry), media_type

    def collect(self) -> Iterator[Metric]:
        """Yield what is known at this moment; where the storage cannot be read, that is told in its place."""
        now = self._clock.now()
        yield _by("build", "the version that runs", "version", {logsweep_version(): 1})
        yield from self._of_workers(now)
        yield _one("sweeps_without_plan", "sweeps that could not be planned", self._planner.troubled())
        try:
            standing, room = self._storage.standing(), self._storage.room()
        except (LogsweepError, OSError):
            yield _one("storage_readable", "whether the storage could be read", 0)
            return
        yield _one("storage_readable", "whether the storage could be read", 1)
        yield from _of_standing(standing, now)
        yield from _of_room(room)

    def _of_workers(self, now: datetime) -> Iterator[Metric]:
        heard = self._live.all(now)
        yield _one("workers", "workers that are alive", len(heard))
        yield _one("slots", "runs that live workers can train at once", sum(one.slots or 0 for one in heard))


def _of_standing(standing: Standing, now: datetime) -> Iterator[Metric]:
    since = standing.queued_since
    age = 0.0 if since is None else max((now - since).total_seconds(), 0.0)
    yield _by("sweeps", "sweeps, by state", "state", {state: standing.sweeps.get(state, 0) for state in SweepState})
    yield _by(
        "trials", "trials that were drawn, by state", "state", {state: standing.trials[state] for state in TrialState}
    )
    yield _one("queued_runs", "runs of running sweeps that wait for a worker", standing.queued)
    yield _one("oldest_queued_seconds", "seconds since the trial was drawn whose run waits longest", age)
    yield _one("leased_runs", "runs that workers hold", standing.leased)


def _of_room(room: Room) -> Iterator[Metric]:
    yield _one("database_bytes", "bytes of the database file", room.database)
    yield _one("log_bytes", "bytes of the write-ahead log", room.log)
    yield _one("disk_free_bytes", "bytes that are free for the data folder", room.free)


def _one(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(f"logsweep_{name}", _told(what), value=value)


def _by(name: str, what: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"logsweep_{name}", _told(what), labels=[label])
    for key, value in values.items():
        family.add_metric([str(key)], value)
    return family


def _told(what: str) -> str:
    return f"{what[0].upper()}{what[1:]}."
