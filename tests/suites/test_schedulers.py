"""What must hold for every scheduler, alone and under the planner."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.plan import Need
from app.domain.states import SweepState
from app.domain.sweeps import Budget, Objective
from app.planning import need_of
from app.schedulers import SCHEDULERS, Contender, Round
from tests.app.planning.simulation import SimulatedSweep, fates, finished
from tests.app.planning.specs import search

every_scheduler = pytest.mark.parametrize("kind", SCHEDULERS)
CHANCE = st.integers(0, 2**32)

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


@every_scheduler
@pytest.mark.parametrize("epochs", [2, 3, 20, 1_000_000])
def test_a_new_trial_trains_at_least_one_epoch_and_no_more_than_it_has(kind: str, epochs: int) -> None:
    assert 1 <= SCHEDULERS[kind].first_epoch({"kind": kind}, epochs) <= epochs


@every_scheduler
@given(them=contenders, rung=st.integers(1, 5))
def test_a_verdict_is_pure_and_names_open_trials_alone_each_once(kind: str, them: list[Contender], rung: int) -> None:
    stopped = Round(rung, len(them), Objective("dev_error", "minimize"), them)
    selection = SCHEDULERS[kind].decide({"kind": kind}, 20, stopped)
    assert selection == SCHEDULERS[kind].decide({"kind": kind}, 20, stopped)
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


@every_scheduler
@settings(max_examples=25, deadline=None)
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
    spec = search(Budget(trials, epochs=epochs), replicates=replicates, scheduler={"kind": kind})
    one, other = finished(spec, seed, orders[0], 1 + trials), finished(spec, seed, orders[1], workers)
    assert one.state is SweepState.COMPLETED
    assert (one.decisions, one.table(), one.charged) == (other.decisions, other.table(), other.charged)


@every_scheduler
def test_what_a_plan_remembers_is_plain_and_flat(kind: str) -> None:
    sweep = finished(search(Budget(200, epochs=900), scheduler={"kind": kind}), 1, 2, 7)
    assert json.loads(json.dumps(sweep.memory)) == sweep.memory
    assert all(isinstance(value, int) for value in sweep.memory.values())


@every_scheduler
def test_a_kind_that_needs_nothing_is_shown_no_runs(kind: str) -> None:
    spec = search(Budget(9), scheduler={"kind": kind})
    sweep = SimulatedSweep(spec, fates(1))
    sweep.work(1, 3, steps=2)
    assert need_of(spec) is SCHEDULERS[kind].need
    assert not sweep.snapshot().runs or SCHEDULERS[kind].need is not Need.NOTHING
