"""The meters of a server: what happened since its start, counted where it happens, for Prometheus to fetch.

A meter is what Prometheus calls a metric; our metrics are those of trials. Labels have few values, all of them known:
never an id, never a text that someone sent.
"""

from collections.abc import Sequence
from typing import final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_PATIENT = (0.001, 0.01, 0.05, 0.25, 1.0, 5.0, 30.0, 120.0)
_JOBS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


@final
class Meters:
    """All meters, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = self._counter("requests", "requests that were answered", ["route", "method", "status"])
        self.request_seconds = self._histogram(
            "request_seconds",
            "seconds until an answer began, without those that the client took to send or asked to wait",
            _QUICK,
            ["route", "method"],
        )
        self.claims = self._counter("claims", "claims of workers, by whether they got any run", ["outcome"])
        self.leased_runs = self._counter("runs_leased", "runs that were leased to workers")
        self.lost_runs = self._counter("runs_lost", "leases that ended without a result, by how", ["ending"])
        self.epochs = self._counter("epochs_stored", "epochs that were stored")
        self.results = self._counter(
            "results", "results of runs that workers sent, by what became of them", ["outcome"]
        )
        self.plan_seconds = self._histogram("plan_seconds", "seconds that a plan took to make", _PATIENT, ["place"])
        self.plan_failures = self._counter("plan_failures", "looks at a sweep that failed, to be tried again")
        self.commit_jobs = self._histogram("commit_jobs", "writes in one commit", _JOBS)
        self.commit_seconds = self._histogram("commit_seconds", "seconds that a commit took", _QUICK)
        self.write_seconds = self._histogram(
            "write_seconds", "seconds from the first write of a commit to its end, the wait before included", _QUICK
        )
        self.feeds = Gauge("logsweep_feeds", "feeds of events that are open", registry=self.registry)
        self.event_lag = self._histogram(
            "event_lag_seconds", "seconds from an event to the moment in which a feed sent it", _QUICK
        )
        for outcome in ("granted", "empty"):
            self.claims.labels(outcome)

    def refused(self, status: int) -> None:
        """Count a request that was refused before anything but its beginning was known."""
        self.requests.labels("none", "other", status).inc()

    def _counter(self, name: str, what: str, labels: Sequence[str] = ()) -> Counter:
        return Counter(f"logsweep_{name}", _told(what), labels, registry=self.registry)

    def _histogram(self, name: str, what: str, buckets: Sequence[float], labels: Sequence[str] = ()) -> Histogram:
        return Histogram(f"logsweep_{name}", _told(what), labels, buckets=buckets, registry=self.registry)


def _told(what: str) -> str:
    return f"{what[0].upper()}{what[1:]}."
