"""All use cases, put together on one storage and one clock."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from app.instruments.meters import Meters
from app.preparation.preparation import Preparation
from app.services.access import Access
from app.services.analysis import Analysis
from app.services.artifacts import Artifacts
from app.services.charts import Charts
from app.services.checkpoints import Checkpoints
from app.services.clock import Clock
from app.services.datasets import Datasets
from app.services.ensembles import Ensembles
from app.services.explaining import Explaining
from app.services.exports import Exports
from app.services.gradient_checks import GradientChecks
from app.services.live_workers import LiveWorkers
from app.services.models import Models
from app.services.planner import Planner
from app.services.publisher import Publisher
from app.services.rates import Rates
from app.services.retraining import Retraining
from app.services.scrape import Scrape
from app.services.sessions import Sessions
from app.services.sweeps import Sweeps
from app.services.trials import Trials
from app.services.work import Work
from app.services.worker_owners import WorkerOwners
from app.services.workers import Workers
from app.storage.interface import Storage


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases, grouped by what they are about, and the publisher of what happens to those who wait for it."""

    storage: Storage
    datasets: Datasets
    sweeps: Sweeps
    retraining: Retraining
    trials: Trials
    models: Models
    ensembles: Ensembles
    analysis: Analysis
    charts: Charts
    exports: Exports
    gradient_checks: GradientChecks
    work: Work
    artifacts: Artifacts
    checkpoints: Checkpoints
    planner: Planner
    publisher: Publisher
    workers: Workers
    explaining: Explaining
    meters: Meters
    scrape: Scrape
    access: Access
    worker_owners: WorkerOwners
    sessions: Sessions
    rates: Rates

    @classmethod
    def on(  # noqa: PLR0913 - each is a part or a setting that the composition chooses
        cls,
        storage: Storage,
        clock: Clock,
        entropy: Callable[[int], bytes],
        *,
        lease_seconds: float,
        preparation: Preparation,
        checkpoints: Checkpoints,
        meters: Meters | None = None,
        requests_per_second: float = 0.0,
    ) -> Self:
        """Return the use cases on `storage`; `entropy(n)` returns n random bytes."""
        meters = meters or Meters()
        publisher, trials, models = Publisher(entropy(4).hex()), Trials(storage), Models(storage)
        planner = Planner(storage, clock, meters)
        live = LiveWorkers(lease_seconds, publisher.publish)
        access, rates = Access(storage, clock, entropy), Rates(requests_per_second, time.monotonic)
        storage.listen(publisher.publish)
        sweeps, workers = Sweeps(storage, clock, planner, entropy), Workers(storage, clock, live)
        return cls(
            storage,
            Datasets(storage, clock, preparation),
            sweeps,
            Retraining(storage, clock, planner, entropy),
            trials,
            models,
            Ensembles(storage),
            Analysis(storage, trials),
            Charts(storage),
            Exports(storage, models),
            GradientChecks(storage),
            Work(storage, clock, live, publisher.claims, planner, lease_seconds, meters),
            Artifacts(storage, clock),
            checkpoints,
            planner,
            publisher,
            workers,
            Explaining(storage, clock, live, sweeps, workers),
            meters,
            Scrape(meters, storage, clock, live, planner),
            access,
            WorkerOwners(storage, live, clock, lease_seconds),
            Sessions(access, rates, clock, entropy),
            rates,
        )
