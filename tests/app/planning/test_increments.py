"""Tests of increments: whoever is fed them sees whole snapshots."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.domain.history import EarlierSweep
from app.domain.plan import RunView, Snapshot, TrialView
from app.domain.states import TrialState
from app.domain.sweeps import Budget
from app.planning.increments import Shown
from tests.app.planning.simulation import SimulatedSweep, fates
from tests.app.planning.specs import search


def snapshot(costs: dict[int, float | None]) -> Snapshot:
    """Return a snapshot of paused trials with these costs."""
    empty = SimulatedSweep(search(Budget(9)), fates(1)).snapshot()
    runs = [RunView(100 - trial, trial, 0, TrialState.PAUSED, 3, 3, costs[trial]) for trial in sorted(costs)]
    trials = [TrialView(trial, {"x": trial}, TrialState.PAUSED, costs[trial]) for trial in sorted(costs)]
    return replace(empty, runs=runs, trials=trials, taken={f"point {trial}": trial for trial in sorted(costs)})


@given(st.lists(st.dictionaries(st.integers(0, 5), st.sampled_from([None, 0.1, 0.2])), max_size=8))
def test_increments_one_after_the_other_give_the_snapshots_back(shown: list[dict[int, float | None]]) -> None:
    one, other = Shown(), Shown()
    for costs in shown:
        assert other.whole(one.increment(snapshot(costs))) == snapshot(costs)


def test_only_what_is_new_or_different_is_in_an_increment() -> None:
    shown = Shown()
    shown.increment(snapshot({1: 0.1, 2: 0.2}))
    found = shown.increment(snapshot({1: 0.1, 2: 0.1, 3: None}))
    assert [run.trial for run in found.snapshot.runs] == [2, 3]
    assert [trial.number for trial in found.snapshot.trials] == [2, 3]
    assert found.snapshot.taken == {"point 3": 3}
    assert not found.anew


def test_what_has_gone_is_told_by_showing_all_anew() -> None:
    shown = Shown()
    shown.increment(snapshot({1: 0.1, 2: 0.2}))
    found = shown.increment(snapshot({2: 0.2}))
    assert found.anew
    assert [trial.number for trial in found.snapshot.trials] == [2]
    assert found.snapshot.taken == {"point 2": 2}


def test_earlier_sweeps_are_shown_once_and_seen_in_every_snapshot() -> None:
    one, other = Shown(), Shown()
    earlier = (EarlierSweep("swp_1", True, [{"x": 1}], [0.5]),)
    for costs, told in (({1: 0.1, 2: 0.2}, earlier), ({1: 0.1, 2: 0.3}, ()), ({2: 0.2}, earlier)):
        shown = replace(snapshot(dict(costs)), earlier=earlier)
        increment = one.increment(shown)
        assert increment.snapshot.earlier == told
        assert other.whole(increment) == shown
