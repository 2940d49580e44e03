"""Use cases of sweeps: create, look at, list, change, pause, resume, cancel, delete."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any, final

from app.contract.metrics import MEASURES, objectives_of
from app.contract.rules import CURRENT_RULES
from app.domain.datasets import DatasetSummary
from app.domain.drafts import ChangesDraft, SweepDraft
from app.domain.errors import Fault, InvalidRequest, NotFound
from app.domain.foreign import Foreign, is_foreign
from app.domain.plan import StoredDecision
from app.domain.quotas import Asked
from app.domain.repeats import Once
from app.domain.space import Space
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Budget, Enqueued, Labels, NewSweep, Objective, Sweep, SweepChanges, SweepFilter, SweepSpec
from app.domain.trials import CompleteTrial
from app.domain.values import LARGEST_WHOLE, Value
from app.planning.previews import SpacePreview, preview
from app.services.allocator import give_back
from app.services.budget_checks import epoch_budget_faults, most_epochs
from app.services.clock import Clock
from app.services.cursors import Page, decode, page_of
from app.services.datasets import every_name
from app.services.history import Histories
from app.services.ids import new_id
from app.services.largest_trials import largest_of, largest_of_points, largest_of_search
from app.services.objective_checks import objective_faults
from app.services.planner import Planner
from app.services.point_checks import plain_points, point_faults
from app.services.pools import pool_of
from app.services.repeats import made_before
from app.services.space_changes import changed_search, duplicate_faults, new_space
from app.services.sweep_checks import KEEP_MODELS, draft_faults, plain_draft, unknown_dataset
from app.services.sweep_metrics import metrics_of
from app.services.trials import completed
from app.storage.interface import Storage


@final
class Sweeps:
    """The sweeps of the service; `entropy(n)` returns n random bytes."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        planner: Planner,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._planner = planner
        self._entropy = entropy
        self._changing = Lock()
        self._histories = Histories(storage)

    def was_made(self, once: Once) -> bool:
        """Return whether the same request made something before. Raises InvalidRequest if another one had the key."""
        return self._storage.made(once) is not None

    def made_before(self, once: Once | None) -> Sweep | None:
        """Return the sweep that the same request made before, whatever has become of what it was made from.

        Raises NotFound if it was deleted; InvalidRequest if another request had the key.
        """
        return made_before(self._storage, self._planner, once)

    def create(self, draft: SweepDraft, faults: Sequence[Fault], once: Once | None = None, owner: str = "") -> Sweep:
        """Start a sweep, with its first trials in the queue. `faults` are those that reading the request found.

        A request that came before gets the sweep that it made; `owner` is the access key of the request. Raises
        InvalidRequest with these and all others together; NotFound if the sweep was made before and deleted; OverQuota.
        """
        if before := self.made_before(once):
            return before
        spec, dataset = self._checked(draft, faults)
        now = self._clock.now()
        sweep = new_id("swp", now, self._entropy)
        labels = Labels(spec.name, draft.tags, draft.notes, draft.priority)
        history = self._histories.copied(draft, spec, None if dataset is None else dataset.sha256)
        spec = replace(spec, history=tuple(one.source for one in history))
        new = NewSweep(spec, labels, draft.posted, dataset, metrics_of(spec, dataset), history)
        sweep = self._storage.create_sweep(sweep, new, now, once, Asked(owner, largest_of(spec, dataset)))
        self._planner.plan_now(sweep)
        return self._storage.sweep(sweep)

    def preview(self, draft: SweepDraft, faults: Sequence[Fault]) -> SpacePreview:
        """Return what the points of a sweep would be like, checked as by `create`; nothing is stored."""
        return preview(*self._checked(draft, faults))

    def _checked(self, draft: SweepDraft, faults: Sequence[Fault]) -> tuple[SweepSpec, DatasetSummary | None]:
        """Return what a request asks for, and its data set, if our own trainer trains it.

        Raises InvalidRequest with all faults together.
        """
        draft = plain_draft(draft)
        dataset, unknown = self._dataset(draft.dataset)
        every = [
            *faults,
            *unknown,
            *draft_faults(draft, dataset),
            *objective_faults(draft, dataset, self._content),
            *self._histories.faults(draft, _metric(draft, dataset)),
        ]
        if every or (dataset is None and not is_foreign(draft.trainer)):
            raise InvalidRequest(every)
        return self._spec(draft, dataset), dataset

    def get(self, sweep: str) -> Sweep:
        """Return a sweep. Raises NotFound."""
        return self._storage.sweep(sweep)

    def halt(self, sweep: Sweep) -> str | None:
        """Return a sentence if a sweep runs and what comes next in it could not be planned, or None."""
        why = self._planner.trouble(sweep.id)
        if why is None or sweep.state is not SweepState.RUNNING:
            return None
        again = "It is tried again, at least once a minute, and the log of the server says more"
        return f"What comes next in this sweep could not be planned: {why}. {again}."

    def page(self, which: SweepFilter, limit: int, cursor: str | None) -> Page[Sweep]:
        """Return sweeps, newest first. Raises Malformed for a cursor of another list or filter."""
        listed = f"sweeps by {which!r}"
        before = decode(cursor, listed, str) if cursor else None
        return page_of(self._storage.sweeps(which, before, limit + 1), limit, listed, lambda last: [last.id])

    def decisions(self, sweep: str, limit: int, cursor: str | None) -> Page[StoredDecision]:
        """Return what was decided about a sweep, in its order. Raises NotFound; Malformed for another list's cursor."""
        self._storage.sweep_spec(sweep)
        listed = f"decisions of {sweep}"
        after = decode(cursor, listed, int) if cursor else -1
        found = self._storage.decisions(sweep, min(after, LARGEST_WHOLE), limit + 1)
        return page_of(found, limit, listed, lambda last: [last.number])

    def change(self, sweep: str, draft: ChangesDraft, faults: Sequence[Fault], owner: str = "") -> Sweep:
        """Change labels, budget and space; more budget lets a completed sweep go on.

        Trials that nobody has begun are drawn anew from a new space. `owner` is the access key of the request.

        Raises InvalidRequest with all faults; NotFound; Conflict if the sweep's state or what it has used forbids it;
        OverQuota and Forbidden if more is asked for than quotas allow.
        """
        with self._changing:  # of two that change a part of the budget each, none is lost
            spec, dataset = self._storage.sweep_spec(sweep)
            before, searched = spec.budget, changed_search(draft, spec)
            refused = [*duplicate_faults(spec), *draft_faults(searched, dataset)] if searched else []
            refused += _budget_faults(draft, searched, spec)
            if every := [*faults, *refused]:
                raise InvalidRequest(every)
            changed: dict[str, Any] = dict(draft.budget)
            budget = replace(before, **changed)
            space = new_space(searched, draft, spec, dataset, self._clock.now()) if searched else None
            new_budget = budget if budget != before else None
            changes = SweepChanges(draft.name, draft.tags, draft.notes, draft.priority, new_budget, space)
            reopen = budget.allows_more_than(before, spec.objective.direction)
            asked = Asked(owner, largest_of_search(searched, dataset))
            self._storage.change_sweep(sweep, changes, reopen=reopen, asked=asked)
        return self._planned(sweep)

    def enqueue(
        self,
        sweep: str,
        points: Sequence[Mapping[str, Value]],
        faults: Sequence[Fault],
        once: Once | None = None,
        owner: str = "",
    ) -> Enqueued:
        """Let hand-picked points be the next trials of a sweep, on top of its budget of trials.

        A request that came before gets what it made. Raises InvalidRequest with all faults; NotFound; Conflict unless
        the sweep runs or is paused; OverQuota and Forbidden if quotas allow no more.
        """
        if once and (made := self._storage.made(once)):
            return self._enqueued(sweep, made.first, len(points))
        spec, dataset = self._storage.sweep_spec(sweep)
        points = plain_points(points, spec)
        if every := [*faults, *point_faults(points, spec, dataset)]:
            raise InvalidRequest(every)
        asked = Asked(owner, largest_of_points(points, spec, dataset), place="/points")
        with self._changing:  # whoever changes the budget meanwhile must see that it grows
            before = self._storage.enqueue_points(sweep, points, self._clock.now(), once, asked)
        self._planner.plan_now(sweep)
        return self._enqueued(sweep, before, len(points))

    def _enqueued(self, sweep: str, before: int, count: int) -> Enqueued:
        """Return which trials the points have become that were enqueued after so many others."""
        drawn = self._storage.enqueued_trials(sweep, before, count)
        return Enqueued(drawn, count - len(drawn))

    def pause(self, sweep: str) -> Sweep:
        """Hand out no more work of a sweep; what trains comes back at its epoch's end. Raises NotFound, Conflict."""
        self._storage.pause_sweep(sweep)
        return self._storage.sweep(sweep)

    def resume(self, sweep: str) -> Sweep:
        """Let a paused sweep go on. Raises NotFound; Conflict unless it is paused or runs."""
        self._storage.resume_sweep(sweep)
        return self._planned(sweep)

    def cancel(self, sweep: str, *, keep: bool) -> Sweep:
        """Cancel a sweep and all its open trials; with `keep`, complete those with a result by their best epoch.

        Raises NotFound; Conflict if it ended otherwise.
        """
        self._storage.cancel_sweep(sweep, keep=keep, now=self._clock.now())
        return self._planned(sweep)

    def delete(self, sweep: str) -> None:
        """Delete an ended sweep with all that belongs to it. Raises NotFound; Conflict unless it has ended."""
        self._storage.delete_sweep(sweep)
        self._planner.forget(sweep)
        give_back()

    def best(self, sweep: str) -> CompleteTrial:
        """Return the best finished trial. Raises NotFound, also while there is none."""
        found = self._storage.sweep(sweep)
        if found.best is not None:
            best = found.best.trial
            return completed([self._storage.trial(sweep, best)], found.spec, self._storage.lineage(sweep, [best]))[0]
        if found.state is SweepState.COMPLETED and (lost := found.counts[TrialState.DIVERGED]):
            way = 'Lower the learning rates, or rank by best epochs: "objective": {"diverged": "best_epoch"}.'
            raise NotFound(f"The sweep {sweep} is completed with {lost} diverged trials and none to rank. {way}")
        raise NotFound(f"No trial of the sweep {sweep} has a result yet. Ask again when one has finished.")

    def _planned(self, sweep: str) -> Sweep:
        """Plan a sweep that a user has changed, and return it."""
        self._planner.plan_now(sweep)
        return self._storage.sweep(sweep)

    def _dataset(self, name: str | None) -> tuple[DatasetSummary | None, list[Fault]]:
        if name is None:
            return None, []
        try:
            return self._storage.dataset(name), []
        except NotFound:
            return None, [unknown_dataset(name, every_name(self._storage))]

    def _content(self, dataset: DatasetSummary) -> bytes:
        return self._storage.content_of(dataset.sha256)

    def _spec(self, draft: SweepDraft, dataset: DatasetSummary | None) -> SweepSpec:
        """Return the draft with everything decided that the user left open."""
        foreign = None if dataset is not None else Foreign(draft.metrics or {}, draft.steps or 1, draft.pauses)
        drawn_seed = int.from_bytes(self._entropy(8)) >> 1  # 63 bits, as large as SQLite can hold
        return SweepSpec(
            name=draft.name or (draft.trainer if dataset is None else dataset.name),
            dataset=None if dataset is None else dataset.name,
            seed=drawn_seed if draft.seed is None else draft.seed,
            space=Space(draft.parameters, tuple(draft.constraints)),
            fixed=draft.fixed,
            objective=_objective(draft, dataset),
            sampler=draft.sampler,
            scheduler=draft.scheduler,
            early_stopping=draft.early_stopping,
            budget=Budget(draft.trials or 1, draft.seconds, draft.epochs, draft.target),
            keep_models=draft.keep_models or KEEP_MODELS,
            rules=CURRENT_RULES,
            replicates=draft.replicates,
            pool=pool_of(draft, dataset),
            folds=draft.folds,
            confirm=draft.confirm,
            trainer=draft.trainer,
            foreign=foreign,
            duplicates=draft.duplicates,
        )


def _budget_faults(draft: ChangesDraft, searched: SweepDraft | None, spec: SweepSpec) -> Iterator[Fault]:
    """Yield why a new budget of epochs, with the space that is asked for or in force, would reach for no trial."""
    if "epochs" not in draft.budget or (searched and searched.unreadable):
        return
    epochs: Any = draft.budget["epochs"]
    parameters = searched.parameters if searched else spec.space.parameters
    most = spec.foreign.steps if spec.foreign else most_epochs(parameters, spec.fixed)
    unit = "steps" if spec.foreign else "epochs"
    yield from epoch_budget_faults(epochs, most, spec.replicates, spec.folds, spec.confirm, unit)


def _objective(draft: SweepDraft, dataset: DatasetSummary | None) -> Objective:
    """Return the objective: its direction is that of its metric."""
    metric = str(_metric(draft, dataset))
    direction = MEASURES[metric].direction if dataset is not None else (draft.metrics or {})[metric]
    return Objective(metric, direction, draft.diverged)


def _metric(draft: SweepDraft, dataset: DatasetSummary | None) -> str | None:
    """Return the metric of the objective, the usual one unless said; None if that is not known."""
    if draft.metric is not None or dataset is None:
        return draft.metric or next(iter(draft.metrics or {}), None)
    return objectives_of(dataset.task)[0]
