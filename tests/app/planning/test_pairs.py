"""Tests of pairs: each is in the table, refusals say the way out, and learning sweeps are the same with any workers."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from app.domain.plan import Need
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Budget, SweepSpec
from app.domain.values import Value
from app.planning.pairs import Pair, pair_faults, pair_of
from app.planning.standings import history
from app.samplers import SAMPLERS
from app.schedulers import SCHEDULERS
from tests.app.planning.learning import NearTheBest
from tests.app.planning.simulation import Fate, SimulatedSweep, finished
from tests.app.planning.specs import search

LEARNING = ["near_the_best", *(kind for kind, one in SAMPLERS.items() if one.need is Need.ALL)]
WAITING = [kind for kind, one in SCHEDULERS.items() if one.need is not Need.LIVE]


@pytest.fixture(autouse=True)
def _near_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SAMPLERS, "near_the_best", NearTheBest())


def learned(sampler: str, scheduler: str, budget: Budget, replicates: int = 1) -> SweepSpec:
    """Return a sweep of a sampler that learns, in brackets of six where their size is free."""
    sized = {"bracket": 6} if "bracket" in SCHEDULERS[scheduler].options else {}
    spec = search(budget, replicates=replicates, scheduler={"kind": scheduler, **sized})
    return replace(spec, sampler={"kind": sampler})


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_pair_is_in_the_table_and_is_refused_with_a_way_out_or_not_at_all(sampler: str, scheduler: str) -> None:
    sized = {"bracket": 6} if "bracket" in SCHEDULERS[scheduler].options else {}
    found = list(pair_faults({"kind": sampler}, {"kind": scheduler, **sized}))
    assert bool(found) is (pair_of(sampler, scheduler) is Pair.REFUSED)
    for fault in found:
        assert fault.pointer == "/scheduler/kind"
        assert "Use " in fault.detail


def test_a_learning_sampler_is_refused_where_nobody_waits_for_results() -> None:
    (fault,) = pair_faults({"kind": "near_the_best"}, {"kind": "asha"})
    assert fault.pointer == "/scheduler/kind"
    assert "waits for none" in fault.detail
    assert "or asha with one of random" in fault.detail


@pytest.mark.parametrize("posted", [{}, {"bracket": 0}])
def test_a_learning_sampler_is_refused_a_bracket_of_the_whole_budget(posted: Mapping[str, Value]) -> None:
    (fault,) = pair_faults({"kind": "near_the_best"}, {"kind": "successive_halving", **posted})
    assert fault.pointer == "/scheduler/bracket"
    assert '"bracket": 27' in fault.detail
    assert not list(pair_faults({"kind": "near_the_best"}, {"kind": "successive_halving", "bracket": 8}))


@pytest.mark.parametrize("posted", [{"kind": "strange"}, {"kind": "successive_halving", "bracket": -1}, {}])
def test_what_is_wrong_by_itself_is_told_elsewhere(posted: Mapping[str, Value]) -> None:
    assert not list(pair_faults({"kind": "near_the_best"}, posted))


@pytest.mark.parametrize("replicates", [1, 2])
@pytest.mark.parametrize("scheduler", WAITING)
@pytest.mark.parametrize("sampler", LEARNING)
def test_a_learning_sweep_decides_the_same_with_1_2_and_5_workers(
    sampler: str, scheduler: str, replicates: int
) -> None:
    spec = learned(sampler, scheduler, Budget(23, epochs=150), replicates)
    one, *others = [finished(spec, 3, order, workers) for order, workers in enumerate((1, 2, 5))]
    assert one.state is SweepState.COMPLETED
    assert any(trial.rests_on for trial in one.trials)
    for other in others:
        assert (other.trials, other.decisions, other.table()) == (one.trials, one.decisions, one.table())


def test_learning_kinds_see_what_trials_had_come_to_at_their_rungs() -> None:
    def fate(trial: int, _: int, epochs: int) -> Fate:
        if trial == 5:
            return Fate([0.9], TrialState.DIVERGED)
        return Fate([trial / 100 + 1 / (2 + epoch) for epoch in range(epochs)])

    sweep = SimulatedSweep(learned("near_the_best", "successive_halving", Budget(6)), fate)
    sweep.work(1, 2)
    rungs = {trial.number: [epoch for epoch, _ in trial.rungs] for trial in history(sweep.snapshot())}
    assert rungs == {0: [1, 3, 9], 1: [1, 3], 2: [1], 3: [1], 4: [1], 5: []}
