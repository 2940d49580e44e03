"""What must hold for every scheduler, alone and under the planner."""

import json
import math
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.plan import Need
from app.domain.states import OPEN, SweepState, TrialState
from app.domain.sweeps import Budget, Objective
from app.domain.values import Value
from app.planning import need_of
from app.schedulers import SCHEDULERS, Contender, Round, RungScheduler
from tests.app.planning.simulation import Fate, SimulatedSweep, fates, finished
from tests.app.planning.specs import search
from tests.tries import tries

every_scheduler = pytest.mark.parametrize("kind", SCHEDULERS)
every_rung_scheduler = pytest.mark.parametrize(
    "kind", [kind for kind, one in SCHEDULERS.items() if isinstance(one, RungScheduler)]
)
reproducible = pytest.mark.parametrize("kind", [kind for kind, one in SCHEDULERS.items() if one.need is not Need.LIVE])
SMALL = {"batch": 2, "population": 6}
CHANCE = st.integers(0, 2**32)


def trials_of(kind: str, trials: int) -> int:
    """Return as many trials, but a few for a kind that fits a model for every round."""
    return min(trials, 1 + trials % 5) if SCHEDULERS[kind].samplers == ("gp",) else trials


def posted(kind: str) -> Mapping[str, Value]:
    """Return a scheduler as it is posted, in small batches where a few trials must fill several."""
    return {"kind": kind, **{name: size for name, size in SMALL.items() if name in SCHEDULERS[kind].options}}


def rung_scheduler(kind: str) -> RungScheduler:
    """Return a scheduler by rungs."""
    found = SCHEDULERS[kind]
    assert isinstance(found, RungScheduler)
    return found


contenders = st.lists(
    st.builds(
        Contender,
        trial=st.just(0),
        epochs=st.integers(1, 20),
        cost=st.none() | st.sampled_from([0.1, 0.2, 0.3]),
        open=st.booleans(),
    ),
    min_size=1,
    max_size=30,
).map(lambda them: [Contender(trial, one.epochs, one.cost, one.open) for trial, one in enumerate(them)])


@every_rung_scheduler
@pytest.mark.parametrize("epochs", [2, 3, 20, 1_000_000])
@pytest.mark.parametrize("index", [0, 1, 2, 7, 1000])
def test_rungs_rise_from_the_first_epoch_at_the_earliest_to_the_last(kind: str, epochs: int, index: int) -> None:
    bracket = rung_scheduler(kind).bracket({"kind": kind}, epochs, index)
    assert list(bracket.rungs) == sorted(set(bracket.rungs))
    assert bracket.rungs[0] >= 1
    assert bracket.rungs[-1] == epochs
    assert bracket.size is None or bracket.size >= 1


@every_rung_scheduler
@given(them=contenders, rung=st.integers(1, 5), earlier=st.lists(st.sampled_from([0.1, 0.2, 0.3]), max_size=9))
def test_a_verdict_is_pure_and_names_open_trials_alone_each_once(
    kind: str, them: list[Contender], rung: int, earlier: list[float]
) -> None:
    stopped = Round(rung, (1, 3, 5, 9, 12, 20), len(them), Objective("dev_error", "minimize"), them, earlier)
    selection = rung_scheduler(kind).decide({"kind": kind}, stopped)
    assert selection == rung_scheduler(kind).decide({"kind": kind}, stopped)
    named = [*selection.go_on, *selection.pruned]
    assert len(set(named)) == len(named)
    assert set(named) <= {one.trial for one in them if one.open}
    assert all(selection.pruned.values())
    assert selection.reason or not selection.go_on
    assert selection.to_epoch <= 20


@every_scheduler
def test_options_are_checked_at_their_places_all_at_once(kind: str) -> None:
    scheduler = SCHEDULERS[kind]
    assert not list(scheduler.faults({"kind": kind}, 20))
    assert not list(
        scheduler.faults({"kind": kind, **{name: one.default for name, one in scheduler.options.items()}}, 20)
    )
    wrong = {name: one.low - 1 for name, one in scheduler.options.items()}
    faults = list(scheduler.faults({"kind": kind, "strange": 1, **wrong}, 20))
    assert {fault.pointer for fault in faults} == {f"/scheduler/{name}" for name in ("strange", *wrong)}
    assert all(fault.detail.endswith(".") for fault in faults)


@every_scheduler
def test_searched_epochs_are_refused_where_trials_are_compared(kind: str) -> None:
    found = [fault.pointer for fault in SCHEDULERS[kind].faults({"kind": kind}, None)]
    assert found == ([] if SCHEDULERS[kind].need is Need.NOTHING else ["/space/epochs"])


@reproducible
@settings(max_examples=tries(12), deadline=None)
@given(
    seed=CHANCE,
    orders=st.tuples(CHANCE, CHANCE),
    workers=st.integers(1, 100),
    trials=st.integers(1, 120),
    epochs=st.none() | st.integers(1, 900),
    replicates=st.sampled_from([1, 2]),
)
def test_every_sweep_ends_the_same_with_legal_moves_within_its_budget(
    kind: str, seed: int, orders: tuple[int, int], workers: int, trials: int, epochs: int | None, replicates: int
) -> None:
    """The simulation itself fails at an illegal move, at one beyond the budget, and where a sweep stands still."""
    trials = trials_of(kind, trials)
    spec = search(Budget(trials, epochs=epochs), replicates=replicates, scheduler=posted(kind))
    one, other = finished(spec, seed, orders[0], 1 + trials), finished(spec, seed, orders[1], workers)
    assert one.state is SweepState.COMPLETED
    assert (one.decisions, one.table(), one.charged) == (other.decisions, other.table(), other.charged)


@every_scheduler
@settings(max_examples=tries(6), deadline=None)
@given(seed=CHANCE, workers=st.integers(1, 30), trials=st.integers(1, 60), epochs=st.none() | st.integers(1, 400))
def test_every_sweep_ends_with_nothing_left_open(
    kind: str, seed: int, workers: int, trials: int, epochs: int | None
) -> None:
    budget = Budget(trials_of(kind, trials), epochs=epochs)
    sweep = finished(search(budget, scheduler=posted(kind)), seed, seed, workers)
    assert sweep.state is SweepState.COMPLETED
    assert not [run for run in sweep.runs.values() if run.state in OPEN]
    assert sweep.reason


@every_scheduler
@pytest.mark.parametrize("trials", [1, 2, 7])
@pytest.mark.parametrize(
    "fate",
    [Fate([math.nan] * 9), Fate([0.5], TrialState.DIVERGED), Fate([0.5], TrialState.FAILED), Fate([0.5] * 9)],
    ids=["nan", "diverged", "failed", "ties"],
)
def test_sweeps_without_anything_to_tell_trials_apart_come_to_their_end(kind: str, trials: int, fate: Fate) -> None:
    """Of options, eta is above the number of trials."""
    eta = {"eta": 10} if "eta" in SCHEDULERS[kind].options else {}
    sweep = SimulatedSweep(search(Budget(trials), scheduler={"kind": kind, **eta}), lambda *_: fate)
    sweep.work(1, 3)
    assert sweep.state is SweepState.COMPLETED
    assert len(sweep.trials) == trials
    assert not [run for run in sweep.runs.values() if run.state in OPEN]
    if fate.best == [0.5] * 9:
        assert max(run.epochs for run in sweep.runs.values()) == 9


@every_scheduler
def test_what_a_plan_remembers_is_plain_and_flat(kind: str) -> None:
    sweep = finished(search(Budget(trials_of(kind, 200), epochs=900), scheduler=posted(kind)), 1, 2, 7)
    assert json.loads(json.dumps(sweep.memory)) == sweep.memory
    assert all(isinstance(value, int) for value in sweep.memory.values())


@every_scheduler
def test_a_kind_that_needs_nothing_is_shown_no_runs(kind: str) -> None:
    spec = search(Budget(9), scheduler={"kind": kind})
    sweep = SimulatedSweep(spec, fates(1))
    sweep.work(1, 3, steps=2)
    assert need_of(spec) is SCHEDULERS[kind].need
    assert not sweep.snapshot().runs or SCHEDULERS[kind].need is not Need.NOTHING
