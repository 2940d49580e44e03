"""The wire form of what routes answer: mostly plain dicts, whose types make the document of the API."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from typing_extensions import TypedDict

from app.domain.objectives import Direction
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Best, Duplicates, Enqueued, Sweep, Used
from app.domain.trials import CompleteTrial
from app.domain.work import Epoch
from app.planning.pairs import is_reproducible


class BestAnswer(TypedDict):
    """The best finished trial so far; `note` says so where it was pruned, as no completed one is as good."""

    trial: int
    value: float
    params: dict[str, Any]
    state: TrialState
    note: str | None


class SpaceVersionAnswer(TypedDict):
    """A space that the sweep had from a time on; the last one is in force."""

    version: int
    created_at: datetime
    space: dict[str, Any]
    constraints: list[str]


class SweepAnswer(TypedDict):
    """A sweep: where it stands, and the request it came from with all defaults filled in.

    While it is open, trials that are still to be drawn count as queued; once it has ended, `counts` has those alone
    that it had. The budget is the one in force; so many `waiting_points` were enqueued and become trials of the next
    round.
    While the end waits for trials in training, `ending` is the state to come.
    `rules` is the version of the rules that shape its results: a sweep ends under those that it began with. While it
    runs, `no_workers` says so if no live worker can train it, and `no_plan` if what comes next could not be planned.
    With `reproducible` false its trials and decisions depend on which worker was faster, once there are several, or on
    foreign code. A sweep of a foreign trainer has no data set, and shows the `metrics` and `steps` that were declared;
    of our own these are null.
    """

    id: str
    name: str
    tags: list[str]
    notes: str
    priority: int
    state: SweepState
    ending: SweepState | None
    reason: str | None
    counts: dict[TrialState, int]
    best: BestAnswer | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    dataset: str | None
    dataset_sha256: str | None
    seed: int
    space: dict[str, Any]
    constraints: list[str]
    space_versions: list[SpaceVersionAnswer]
    fixed: dict[str, Any]
    objective: dict[str, Any]
    sampler: dict[str, Any]
    scheduler: dict[str, Any]
    early_stopping: dict[str, Any] | None
    budget: dict[str, Any]
    used: Used
    waiting_points: int
    replicates: int
    folds: int
    confirm: dict[str, Any] | None
    train_on_dev: bool
    trainer: str
    metrics: dict[str, Direction] | None
    steps: int | None
    pauses: bool
    keep_models: int
    duplicates: Duplicates
    history: list[dict[str, Any]]
    pool: int
    rules: int
    reproducible: bool
    no_workers: str | None
    no_plan: str | None


def sweep_answer(sweep: Sweep, no_workers: str | None, no_plan: str | None) -> SweepAnswer:
    """Return the wire form of a sweep."""
    spec, stopping, best = sweep.spec, sweep.spec.early_stopping, sweep.best
    return SweepAnswer(
        id=sweep.id,
        name=sweep.labels.name,
        tags=list(sweep.labels.tags),
        notes=sweep.labels.notes,
        priority=sweep.labels.priority,
        state=sweep.state,
        ending=sweep.ending,
        reason=sweep.reason,
        counts=dict(sweep.counts),
        best=_best_answer(best) if best else None,
        created_at=sweep.created_at,
        started_at=sweep.started_at,
        finished_at=sweep.finished_at,
        dataset=spec.dataset,
        dataset_sha256=sweep.dataset_sha256,
        seed=spec.seed,
        space=_object(sweep.posted["space"]),
        constraints=list(spec.space.constraints),
        space_versions=[
            SpaceVersionAnswer(
                version=one.version,
                created_at=one.created_at,
                space=dict(one.space),
                constraints=list(one.constraints),
            )
            for one in sweep.spaces
        ],
        fixed=_object(sweep.posted.get("fixed")),
        objective=asdict(spec.objective),
        sampler=dict(spec.sampler),
        scheduler=dict(spec.scheduler),
        early_stopping={"patience": stopping.patience, "min_delta": stopping.min_delta} if stopping else None,
        budget=asdict(spec.budget),
        used=sweep.used,
        waiting_points=sweep.waiting_points,
        replicates=spec.replicates,
        folds=spec.folds,
        confirm=asdict(spec.confirm) if spec.confirm else None,
        train_on_dev=spec.train_on_dev,
        trainer=spec.trainer,
        metrics=dict(spec.foreign.metrics) if spec.foreign else None,
        steps=spec.foreign.steps if spec.foreign else None,
        pauses=spec.foreign is None or spec.foreign.pauses,
        keep_models=spec.keep_models,
        duplicates=spec.duplicates,
        history=[asdict(one) for one in spec.history],
        pool=spec.pool,
        rules=spec.rules,
        reproducible=is_reproducible(spec),
        no_workers=no_workers,
        no_plan=no_plan,
    )


class AncestorAnswer(TypedDict):
    """A trial from which another one goes on: it trained up to the end of `to_epoch`, with these hyperparameters."""

    trial: int
    to_epoch: int
    params: dict[str, Any]


def _best_answer(best: Best) -> BestAnswer:
    cut_short = "it was pruned before its end: no completed trial is as good"
    note = cut_short if best.state is TrialState.PRUNED else None
    return BestAnswer(trial=best.trial, value=best.value, params=dict(best.params), state=best.state, note=note)


class EnqueuedAnswer(TypedDict):
    """What became of hand-picked points: the numbers of those that are trials by now, and how many wait to be drawn.

    Those that wait are in the order of the request the first trials of the next round, which `detail` says too.
    """

    trials: list[int]
    waiting: int
    detail: str


def enqueued_answer(enqueued: Enqueued) -> EnqueuedAnswer:
    """Return the wire form of what became of points."""
    drawn, waiting = len(enqueued.trials), enqueued.waiting
    told = [f"{drawn} wait for a worker as trials"] if drawn else []
    told += [f"{waiting} are the first trials of what is drawn next: with the next round, or on resume"] * bool(waiting)
    detail = f"The budget of trials grew by {drawn + waiting}. Of these points {', and '.join(told)}."
    return EnqueuedAnswer(trials=list(enqueued.trials), waiting=waiting, detail=detail)


Source = Literal["sampler", "enqueued", "inherited"]


class TrialAnswer(TypedDict):
    """A trial; `metrics` are those at the best epoch, whose weights are the model. `value` is what it is ranked by.

    `params` are the hyperparameters that were searched, `all_params` those that were fixed or left to their defaults
    as well. One that the conditions of the space left out is in `all_params` alone, at its default. With several
    replicates, value and metrics are the means over them. A trial that goes on from others has these in its `lineage`,
    the first one first: its curve and its best epoch are of its own epochs, which begin after them. `source`
    tells where its point comes from: the sampler, someone who enqueued it, or the trial that it goes on from.
    `space_version` is the version of the sweep's space that it was drawn from. A trial that is the `same_as` another
    one has its point, and took its result without training.
    """

    number: int
    state: TrialState
    source: Source
    space_version: int
    params: dict[str, Any]
    all_params: dict[str, Any]
    metrics: dict[str, float | None]
    value: float | None
    best_epoch: int | None
    epochs: int
    seconds: float
    reason: str | None
    replicates: int
    lineage: list[AncestorAnswer]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    same_as: int | None


def trial_answer(found: CompleteTrial) -> TrialAnswer:
    """Return the wire form of a trial."""
    trial = found.trial
    return TrialAnswer(
        number=trial.number,
        state=trial.state,
        source="enqueued" if trial.enqueued else "inherited" if found.lineage else "sampler",
        space_version=trial.space_version,
        params=dict(trial.params),
        all_params=dict(found.all_params),
        metrics=trial.metrics,
        value=trial.value,
        best_epoch=trial.best_epoch,
        epochs=trial.epochs,
        seconds=trial.seconds,
        reason=trial.reason,
        replicates=trial.replicates,
        lineage=[
            AncestorAnswer(trial=one.trial, to_epoch=one.to_epoch, params=dict(one.params)) for one in found.lineage
        ],
        created_at=trial.created_at,
        started_at=trial.started_at,
        finished_at=trial.finished_at,
        same_as=trial.same_as,
    )


class EpochAnswer(BaseModel):
    """One point of a curve, with its metrics by name; `train_loss` is the mean over the epoch's batches as trained.

    `gradient_norms` has a number for each dense layer, input side first; null where it was not finite or not measured.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, float | None]

    epoch: int
    seconds: float
    gradient_norms: list[float | None] | None

    @classmethod
    def of(cls, epoch: Epoch) -> "EpochAnswer":
        """Return the wire form of an epoch."""
        point: dict[str, Any] = {
            "epoch": epoch.epoch,
            "seconds": epoch.seconds,
            "gradient_norms": epoch.gradient_norms,
        }
        return cls.model_validate({**epoch.metrics, **point})


def _object(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}
