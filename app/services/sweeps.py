"""Use cases of sweeps: create, look at, list, cancel."""

from collections.abc import Callable, Sequence
from typing import cast, final

from app.domain.datasets import DatasetSummary
from app.domain.drafts import SweepDraft
from app.domain.errors import Fault, InvalidRequest, NotFound
from app.domain.space import Space
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Budget, Metric, Objective, Sweep, SweepSpec
from app.domain.trials import CompleteTrial
from app.services.clock import Clock
from app.services.cursors import decode, encode
from app.services.datasets import every_name
from app.services.drawing import HORIZON, draw
from app.services.ids import new_id
from app.services.notifier import Notifier
from app.services.pages import Page
from app.services.sweep_checks import draft_faults, plain_draft, unknown_dataset
from app.services.trials import completed
from app.storage import Storage
from app.training.hyperparameters import metrics_for
from app.training.rules import CURRENT_RULES

KEEP_MODELS = 10


@final
class Sweeps:
    """The sweeps of the service; `entropy(n)` returns n random bytes."""

    def __init__(self, storage: Storage, clock: Clock, notifier: Notifier, entropy: Callable[[int], bytes]) -> None:
        self._storage = storage
        self._clock = clock
        self._notifier = notifier
        self._entropy = entropy

    def create(self, draft: SweepDraft, faults: Sequence[Fault]) -> Sweep:
        """Start a sweep. `faults` are those that reading the request found.

        Raises InvalidRequest with these and all others together.
        """
        draft = plain_draft(draft)
        dataset, unknown = self._dataset(draft.dataset)
        every = [*faults, *unknown, *draft_faults(draft, dataset)]
        if every or dataset is None:
            raise InvalidRequest(every)
        spec = self._spec(draft, dataset)
        now = self._clock.now()
        sweep = new_id("swp", now, self._entropy)
        drawn = draw(spec, dataset.sha256, 0, min(HORIZON, spec.budget.trials), ())
        self._storage.create_sweep(sweep, spec, draft.posted, dataset, drawn, now)
        self._notifier.notify()
        return self._storage.sweep(sweep)

    def get(self, sweep: str) -> Sweep:
        """Return a sweep. Raises NotFound."""
        return self._storage.sweep(sweep)

    def page(self, limit: int, cursor: str | None) -> Page[Sweep]:
        """Return sweeps, newest first. Raises Malformed for a cursor that is not of this list."""
        before = decode(cursor, "sweeps", str) if cursor else None
        items = list(self._storage.sweeps(before, limit + 1))
        more = encode("sweeps", items[limit - 1].id) if len(items) > limit else None
        return Page(items[:limit], more)

    def cancel(self, sweep: str) -> Sweep:
        """Cancel a sweep and all its open trials. Raises NotFound; Conflict if it ended otherwise."""
        self._storage.cancel_sweep(sweep, self._clock.now())
        self._notifier.notify()
        return self._storage.sweep(sweep)

    def best(self, sweep: str) -> CompleteTrial:
        """Return the best finished trial. Raises NotFound, also while there is none."""
        found = self._storage.sweep(sweep)
        if found.best is not None:
            return completed([self._storage.trial(sweep, found.best.trial)], found.spec)[0]
        if found.state is SweepState.COMPLETED and (lost := found.counts[TrialState.DIVERGED]):
            way = 'Lower the learning rates, or rank by best epochs: "objective": {"diverged": "best_epoch"}.'
            raise NotFound(f"The sweep {sweep} is completed with {lost} diverged trials and none to rank. {way}")
        raise NotFound(f"No trial of the sweep {sweep} has a result yet. Ask again when one has finished.")

    def _dataset(self, name: str | None) -> tuple[DatasetSummary | None, list[Fault]]:
        if name is None:
            return None, []
        try:
            return self._storage.dataset(name), []
        except NotFound:
            return None, [unknown_dataset(name, every_name(self._storage))]

    def _spec(self, draft: SweepDraft, dataset: DatasetSummary) -> SweepSpec:
        """Return the draft with everything decided that the user left open."""
        metric = draft.metric or metrics_for(dataset.task)[0]
        drawn_seed = int.from_bytes(self._entropy(8)) >> 1  # 63 bits, as large as SQLite can hold
        return SweepSpec(
            name=draft.name or dataset.name,
            dataset=dataset.name,
            seed=drawn_seed if draft.seed is None else draft.seed,
            space=Space(draft.parameters),
            fixed=draft.fixed,
            objective=Objective(cast("Metric", metric), diverged=draft.diverged),
            sampler=draft.sampler,
            scheduler=draft.scheduler,
            early_stopping=draft.early_stopping,
            budget=Budget(draft.trials or 1, draft.seconds),
            keep_models=draft.keep_models or KEEP_MODELS,
            rules=CURRENT_RULES,
        )
