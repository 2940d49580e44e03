"""Made-up sweeps for the tests of the storage."""

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from app.domain.datasets import DatasetSummary
from app.domain.plan import Draw, Drawn, End, Move, Need, Plan
from app.domain.queue import Ask, Claimed, Grant, Part, Recorded
from app.domain.quotas import Asked, Largest
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Space
from app.domain.states import SweepState
from app.domain.sweeps import Budget, Labels, NewSweep, Objective, SweepSpec
from app.domain.values import Value
from app.domain.work import OWN_TRAINER, Diverged, EarlyStopping, Epoch, Lease, ModelRef, Result
from app.storage import FILE, Storage

START = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
TERM = timedelta(seconds=30)
HORIZON = 1024
RULES = 9
"""The newest rules that the workers here know."""

SWEEP = "swp_1"
OWNER = "key_1"
"""The access key that made the sweeps; it has no quotas."""

UPLOAD = "e1" * 32
"""The hash of an upload."""

DATASET = DatasetSummary(
    name="rain",
    sha256=sha256(b"content").hexdigest(),
    task="binary",
    builtin=False,
    rows={"train": 8, "dev": 1, "test": 1},
    features=4,
    outputs=1,
    card={"columns": [{"name": "wind", "fill": 0.5}]},
    created_at=START,
)


def spec(
    trials: int, *, seconds: float | None = None, keep_models: int = 3, diverged: Diverged = "exclude"
) -> SweepSpec:
    """Return a spec with one parameter of each kind."""
    return SweepSpec(
        name="how it rains",
        dataset=DATASET.name,
        seed=2**63 - 1,
        space=Space(
            {
                "learning_rate": FloatParameter(1e-4, 1.0, "log"),
                "epochs": IntParameter(1, 4, step=1, when={"optimizer": ["adam"]}),
                "optimizer": ChoiceParameter(("adam", "sgd"), weights=(1.0, 2.0)),
            }
        ),
        fixed={"hidden_units": [64, 32]},
        objective=Objective("dev_error", "minimize", diverged),
        sampler={"kind": "random"},
        scheduler={"kind": "none"},
        early_stopping=EarlyStopping(5, 0.125),
        budget=Budget(trials, seconds),
        keep_models=keep_models,
    )


def drawn(
    first: int, count: int, cohorts: Sequence[str] = ("c0",), params: Mapping[str, Value] | None = None
) -> list[Drawn]:
    """Return trials from number `first` on, whose cohorts take turns."""
    return [
        Drawn(number, {"l2": number / 64, **(params or {})}, cohorts[number % len(cohorts)], 4)
        for number in range(first, first + count)
    ]


def create(storage: Storage, whole: SweepSpec, sweep: str = SWEEP, labels: Labels | None = None) -> None:
    """Store a sweep without trials."""
    storage.add_dataset(DATASET, b"content", UPLOAD)
    new = NewSweep(whole, labels or Labels(whole.name), {"posted": True}, DATASET, {"dev_error": "minimize"})
    storage.create_sweep(sweep, new, START, asked=Asked(OWNER, Largest(4, 64)))


def make(storage: Storage, *moves: Move, sweep: str = SWEEP, memory: Mapping[str, Value] | None = None) -> bool:
    """Apply a plan of these moves to the sweep as it is now."""
    version = storage.snapshot(sweep, Need.NOTHING, HORIZON).version
    return storage.apply(sweep, version, Plan(moves, memory or {}), START)


def add_sweep(
    storage: Storage,
    trials: Sequence[Drawn],
    *,
    sweep: str = SWEEP,
    budget: int | None = None,
    seconds: float | None = None,
    keep_models: int = 3,
    diverged: Diverged = "exclude",
    round_: int = 0,
) -> None:
    """Store a sweep with these trials; its budget is all of them unless said."""
    whole = spec(budget or len(trials), seconds=seconds, keep_models=keep_models, diverged=diverged)
    create(storage, whole, sweep)
    assert make(storage, Draw(trials, round_, "drawn"), sweep=sweep)


def end(storage: Storage, sweep: str = SWEEP) -> None:
    """End a sweep, as a plan does once all its trials are final."""
    assert make(storage, End(SweepState.COMPLETED, "all trials of the budget finished"), sweep=sweep)


def claim(
    storage: Storage,
    worker: str = "w1",
    slots: int = 1,
    *,
    cohorts: Sequence[str] = (),
    live: int = 1,
    now: datetime = START,
    owner: str = "",
) -> Grant:
    """Claim as `worker`, which is an access key's."""
    return storage.claim(Ask(worker, OWN_TRAINER, RULES, slots, cohorts, Part(workers=live), owner), now, now + TERM)


def claim_one(storage: Storage, worker: str = "w1", now: datetime = START) -> Claimed:
    """Claim exactly one run."""
    (claimed,) = claim(storage, worker, now=now).claimed
    return claimed


def point(epoch: int, dev_error: float | None = 0.5) -> Epoch:
    """Return one point of a curve."""
    metrics = {"train_loss": 1.0 / epoch, "dev_loss": 0.75, "dev_error": dev_error}
    return Epoch(epoch, metrics, 0.25, [0.125, None])


def result(lease: Lease, value: float | None = 0.5, *, curve: Sequence[Epoch] | None = None) -> Result:
    """Return a completed run with this dev_error."""
    whole = [point(epoch) for epoch in range(1, 5)] if curve is None else list(curve)
    return Result(lease, "completed", {"dev_error": value}, 1, 4, 0.5, "trained to its end", whole)


def paused(lease: Lease, value: float | None, epochs: int) -> Result:
    """Return a run that paused after so many epochs."""
    curve = [point(epoch) for epoch in range(1, epochs + 1)]
    return Result(lease, "paused", {"dev_error": value}, 1, epochs, 0.5, "paused", curve)


def finish(
    storage: Storage, lease: Lease, value: float | None = 0.5, weights: bytes = b"", worker: str = "w1"
) -> Recorded:
    """Finish one run, with weights if there are some."""
    whole = result(lease, value)
    if weights:
        sha256 = hashlib.sha256(weights).hexdigest()
        storage.add_artifact(sha256, weights, START)
        whole = replace(whole, model=ModelRef(sha256, len(weights), {"processor": "some"}))
    return storage.finish(worker, [whole], [], START)


def forget_upload_hashes(folder: Path) -> None:
    """Bring the uploads of a folder that nobody has open to where they were before uploads had hashes."""
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        connection.execute("UPDATE datasets SET upload_sha256 = NULL")
