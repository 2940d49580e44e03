"""All use cases, put together on one storage and one clock."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from app.preparation.preparation import Preparation
from app.services.analysis import Analysis
from app.services.artifacts import Artifacts
from app.services.checkpoints import Checkpoints
from app.services.clock import Clock
from app.services.datasets import Datasets
from app.services.gradient_checks import GradientChecks
from app.services.models import Models
from app.services.notifier import Notifier
from app.services.planner import Planner
from app.services.sweeps import Sweeps
from app.services.trials import Trials
from app.services.work import Work
from app.storage.interface import Storage


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases, grouped by what they are about, and the notifier of those who wait for work or for an end."""

    storage: Storage
    datasets: Datasets
    sweeps: Sweeps
    trials: Trials
    models: Models
    analysis: Analysis
    gradient_checks: GradientChecks
    work: Work
    artifacts: Artifacts
    checkpoints: Checkpoints
    planner: Planner
    notifier: Notifier

    @classmethod
    def on(
        cls,
        storage: Storage,
        clock: Clock,
        entropy: Callable[[int], bytes],
        *,
        lease_seconds: float,
        preparation: Preparation,
        checkpoints: Checkpoints,
    ) -> Self:
        """Return the use cases on `storage`; `entropy(n)` returns n random bytes."""
        notifier, trials = Notifier(), Trials(storage)
        planner = Planner(storage, clock, notifier)
        return cls(
            storage,
            Datasets(storage, clock, preparation),
            Sweeps(storage, clock, notifier, planner, entropy),
            trials,
            Models(storage),
            Analysis(storage, trials),
            GradientChecks(storage),
            Work(storage, clock, notifier, planner, lease_seconds),
            Artifacts(storage, clock),
            checkpoints,
            planner,
            notifier,
        )
