"""A sweep whose metric is better when higher goes as one of the negative values whose metric is better when lower."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.filters import Field, TrialQuery
from app.domain.objectives import Direction, cost, value_of
from app.domain.queue import Claimed
from app.domain.sweeps import Budget, Objective, SweepSpec
from app.domain.work import ModelRef, Result
from tests.app.planning.specs import HALVING, search
from tests.app.storage.test_planned_sweeps import StoredSweep
from tests.app.storage.world import START, SWEEP
from tests.tries import tries

METRICS: Mapping[Direction, str] = {"minimize": "dev_rmse", "maximize": "dev_r2"}

sweeps = st.builds(
    search,
    budget=st.builds(
        Budget,
        trials=st.integers(1, 16),
        epochs=st.none() | st.just(60),
        target=st.none() | st.sampled_from([0.1, 0.4]),
    ),
    replicates=st.sampled_from([1, 1, 2]),
    scheduler=st.sampled_from([HALVING, {"kind": "none"}]),
)


class DirectedSweep(StoredSweep):
    """A sweep that keeps models, with the same costs whichever way its metric is better."""

    def __init__(self, folder: Path, spec: SweepSpec, order: int, fate: int, direction: Direction) -> None:
        target = None if spec.budget.target is None else value_of(spec.budget.target, direction)
        objective = replace(spec.objective, metric=METRICS[direction], direction=direction)
        super().__init__(folder, replace(spec, objective=objective, budget=replace(spec.budget, target=target)), order)
        self.fate, self.direction = fate, direction

    def result(self, claimed: Claimed) -> Result:
        """Return what becomes of a leased run, with weights."""
        whole = super().result(claimed)
        found = whole.metrics["dev_error"]
        metrics = {METRICS[self.direction]: None if found is None else value_of(found, self.direction)}
        weights = claimed.trial.to_bytes(4, "little")
        name = sha256(weights).hexdigest()
        self.storage.add_artifact(name, weights, START)
        model = ModelRef(name, len(weights)) if claimed.replicate == 0 else None
        return replace(whole, metrics=metrics, model=model)


@dataclass(frozen=True)
class End:
    """Where a sweep ended, in costs."""

    best: tuple[int, float] | None
    trials: list[tuple[object, ...]]
    decisions: list[tuple[object, ...]]
    kept: list[int]
    ranked: list[int]
    reason: str | None


def end(spec: SweepSpec, order: int, fate: int, direction: Direction) -> End:
    with TemporaryDirectory() as folder:
        one = DirectedSweep(Path(folder), spec, order, fate, direction)
        try:
            one.work()
            return end_of(one)
        finally:
            one.storage.close()


def end_of(one: DirectedSweep) -> End:
    sweep = one.storage.sweep(SWEEP)
    query = TrialQuery(sort=Field("value"), descending=one.direction == "maximize")
    by_value = [trial for trial, _ in one.storage.trials(SWEEP, query, {}, None, 1000)]
    trials = sorted(by_value, key=lambda trial: trial.number)
    return End(
        best=None if sweep.best is None else (sweep.best.trial, cost(sweep.best.value, one.direction)),
        trials=[(trial.state, trial.epochs, cost(trial.value, one.direction)) for trial in trials],
        decisions=[(made.kind, made.round, made.trials) for made in one.storage.decisions(SWEEP, 0, 1000)],
        kept=[trial.number for trial in trials if one.storage.model(SWEEP, trial.number)],
        ranked=[trial.number for trial in by_value],
        reason=(sweep.reason or "").split(":")[0],
    )


@settings(max_examples=tries(6))
@given(spec=sweeps, order=st.integers(0, 99), fate=st.integers(0, 99), keep=st.integers(1, 4))
def test_best_ranks_promotions_and_kept_models_are_those_of_the_mirrored_sweep(
    spec: SweepSpec, order: int, fate: int, keep: int
) -> None:
    whole = replace(spec, keep_models=keep, objective=Objective("", "minimize", "best_epoch"))
    lower, higher = (end(whole, order, fate, direction) for direction in METRICS)
    assert higher == lower


def test_the_best_of_a_maximised_metric_has_the_highest_value_and_of_equals_the_lowest_number(tmp_path: Path) -> None:
    one = DirectedSweep(tmp_path, search(Budget(12)), 1, 5, "maximize")
    try:
        one.work()
        values = [one.storage.trial(SWEEP, number).value for number in range(12)]
        highest = max(value for value in values if value is not None)
        best = one.storage.sweep(SWEEP).best
        assert best is not None
        assert (best.trial, best.value) == (values.index(highest), highest)
    finally:
        one.storage.close()
