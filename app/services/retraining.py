"""Use case of retraining: the winner of a sweep, trained on train and dev together.

It trains for as many epochs as its best took: with several trainings, by replicates, folds or a confirmation, for the
median of theirs, which one that was lucky early or late does not move.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median
from threading import Lock
from typing import final

from app.contract.hyperparameters import params_of
from app.domain.errors import Conflict, NotFound
from app.domain.quotas import Asked
from app.domain.repeats import Once
from app.domain.runs import whole_seeds
from app.domain.space import Space
from app.domain.states import SweepState
from app.domain.sweeps import Budget, Labels, NewSweep, Objective, Sweep, SweepFilter, SweepSpec
from app.domain.trials import Trial
from app.services.clock import Clock
from app.services.ids import new_id
from app.services.largest_trials import largest_of
from app.services.planner import Planner
from app.services.repeats import made_before
from app.services.sweep_metrics import metrics_of
from app.storage.interface import Storage

_STILL_OPEN = frozenset({SweepState.RUNNING, SweepState.PAUSED})
_WITHOUT_MODEL = frozenset({SweepState.CANCELLED, SweepState.FAILED})


@final
class Retraining:
    """Sweeps of one trial: one that another sweep chose. `entropy(n)` returns n random bytes."""

    def __init__(self, storage: Storage, clock: Clock, planner: Planner, entropy: Callable[[int], bytes]) -> None:
        self._storage = storage
        self._clock = clock
        self._planner = planner
        self._entropy = entropy
        self._asking = Lock()

    def retrain(self, sweep: str, once: Once | None = None, owner: str = "") -> Sweep:
        """Return the sweep in which the best trial of an ended one trains on train and dev, as long as its best took.

        Asked again it is the same sweep, unless that was cancelled; a request that came before gets what it got.

        Raises NotFound; Conflict for a sweep that is open, of a foreign trainer, or trained on dev itself; OverQuota of
        `owner`, the access key of the request; InvalidRequest if another request had its key.
        """
        if before := made_before(self._storage, self._planner, once):
            return before
        found = self._storage.sweep(sweep)
        winner = self._winner(found)
        with self._asking:  # of two that ask at once, one starts it
            if (earlier := retrained(self._storage, sweep, winner.number)) is None:
                return self._start(found.spec, winner, once, owner)
            if once is not None:
                self._storage.note_made(once, earlier.id, self._clock.now())
            return earlier

    def _winner(self, found: Sweep) -> Trial:
        if found.spec.foreign is not None:
            rule = f"The sweep {found.id} is trained by {found.spec.trainer}, which has the data"
            raise Conflict(f"{rule}. Let it train the best trial, GET /v1/sweeps/{found.id}/best, on all of them.")
        if found.spec.train_on_dev:
            raise Conflict(f"The sweep {found.id} has trained on dev as well: there is nothing more to train on.")
        if found.state in _STILL_OPEN:
            rule = f"The sweep {found.id} is {found.state}: its winner is not known yet"
            raise Conflict(f"{rule}. Ask once it has ended, or cancel it with ?keep=true.")
        if found.best is None:
            raise NotFound(f"The sweep {found.id} has no trial with a result, and so no winner to retrain.")
        best = found.best.trial
        if ancestors := self._storage.lineage(found.id, [best]).get(best):
            rule = f"Trial {best} of {found.id} goes on from trial {ancestors[-1].trial}"
            raise Conflict(f"{rule}: its hyperparameters changed on the way, so that they alone do not make its model.")
        return self._storage.trial(found.id, best)

    def _start(self, spec: SweepSpec, winner: Trial, once: Once | None, owner: str) -> Sweep:
        _, dataset = self._storage.sweep_spec(winner.sweep)
        best = self._best_epochs(spec, winner)
        now, alone = self._clock.now(), _spec_of(spec, winner, math.ceil(median(best)))
        notes = f"Trial {winner.number} of {winner.sweep} on train and dev, for {_said(best)}."
        tag = _tag(winner.sweep, winner.number)
        posted = {"dataset": alone.dataset, "space": {}, "fixed": dict(alone.fixed)}
        sweep = new_id("swp", now, self._entropy)
        new = NewSweep(alone, Labels(alone.name, (tag,), notes), posted, dataset, metrics_of(alone, dataset))
        asked = Asked(owner, largest_of(alone, dataset), place="")
        sweep = self._storage.create_sweep(sweep, new, now, once, asked)
        self._planner.plan_now(sweep)
        return self._storage.sweep(sweep)

    def _best_epochs(self, spec: SweepSpec, winner: Trial) -> Sequence[int]:
        """Return the best epochs of the trainings that the winner's value is the mean of."""
        found = self._storage.best_epochs(winner.sweep, winner.number)
        whole = whole_seeds(found, spec.folds)
        return [epoch for run, epoch in found.items() if run in whole] or [winner.best_epoch or winner.epochs]


def retrained(storage: Storage, sweep: str, winner: int) -> Sweep | None:
    """Return the sweep in which this trial of another one was trained on train and dev, unless it has no model."""
    for earlier in storage.sweeps(SweepFilter(tag=_tag(sweep, winner)), None, 1):
        if earlier.state not in _WITHOUT_MODEL:
            return earlier
    return None


def _tag(sweep: str, winner: int) -> str:
    return f"retrained from {sweep}, trial {winner}"


def _said(best: Sequence[int]) -> str:
    """Say for how many epochs is trained, and why."""
    epochs = math.ceil(median(best))
    if len(best) == 1:
        return f"the {epochs} epochs of its best"
    listed = ", ".join(map(str, sorted(best)))
    return f"{epochs} epochs, the median of those of the best of its {len(best)} trainings ({listed})"


def _spec_of(spec: SweepSpec, winner: Trial, epochs: int) -> SweepSpec:
    """Return the spec of a sweep of the winner alone: without a dev part nothing can be chosen or stopped by it."""
    return replace(
        spec,
        name=f"{spec.name[:180]}, retrained",
        space=Space({}),
        space_version=1,
        fixed={**params_of(spec, winner.params), "epochs": epochs},
        objective=Objective("train_loss", "minimize", spec.objective.diverged),
        sampler={"kind": "random"},
        scheduler={"kind": "none"},
        early_stopping=None,
        budget=Budget(1),
        keep_models=1,
        pool=0,
        replicates=1,
        folds=1,
        confirm=None,
        train_on_dev=True,
        history=(),
    )
