"""Tests of a space that is changed in mid-sweep: what nobody has begun is drawn anew, the same for any workers."""

from dataclasses import replace

import pytest

from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Space
from app.domain.states import TrialState
from app.domain.sweeps import Budget, SweepSpec
from tests.app.planning.simulation import SimulatedSweep, fates
from tests.app.planning.specs import HALVING, search
from tests.app.planning.test_enqueued import SEARCHES

NARROW = Space({"learning_rate": FloatParameter(0.01, 0.1, "log")})


def narrow(value: object) -> bool:
    return 0.01 <= float(str(value)) <= 0.1


def changed_in_mid_round(spec: SweepSpec, begun: int, space: Space) -> SimulatedSweep:
    """Return a sweep whose space is changed when so many of its first runs have begun, and one of them has ended."""
    sweep = SimulatedSweep(spec, fates(3))
    sweep.look()
    first = sweep.in_state(TrialState.QUEUED)[:begun]
    for run in first:
        sweep.start(run)
    sweep.train(first[0])
    sweep.look()
    sweep.change_space(space)
    return sweep


@pytest.mark.parametrize("name", SEARCHES)
def test_what_nobody_has_begun_is_drawn_anew_and_names_the_version(name: str) -> None:
    sweep = changed_in_mid_round(SEARCHES[name], 2, NARROW)
    before = [trial.params for trial in sweep.trials]
    sweep.work(1)
    versions = [trial.space_version for trial in sweep.trials]
    assert versions[:2] == [1, 1]
    assert set(versions[4:]) == {2}
    assert [trial.params for trial in sweep.trials[:2]] == before[:2]
    assert all(narrow(trial.params["learning_rate"]) for trial in sweep.trials if trial.space_version == 2)
    assert len(sweep.trials) == 12
    assert sum("redraw" in decision for decision in sweep.decisions) == 1


@pytest.mark.parametrize("name", [name for name in SEARCHES if name != "asha"])
def test_replayed_in_mid_round_it_is_the_same_with_any_number_of_workers(name: str) -> None:
    def finished(workers: int, order: int) -> SimulatedSweep:
        sweep = changed_in_mid_round(SEARCHES[name], 2, NARROW)
        sweep.work(order, workers)
        return sweep

    one = finished(1, 1)
    for workers, order in ((2, 4), (7, 9)):
        many = finished(workers, order)
        assert (one.table(), one.decisions) == (many.table(), many.decisions)
        assert [trial.params for trial in one.trials] == [trial.params for trial in many.trials]


@pytest.mark.parametrize("name", ["gp", "gp in brackets", "thaw"])
def test_a_model_draws_anew_by_what_earlier_rounds_showed_whoever_was_faster(name: str) -> None:
    def redrawn(trained: int) -> list[object]:
        sweep = SimulatedSweep(replace(SEARCHES[name], budget=Budget(24)), fates(3))
        sweep.work(1, workers=1, steps=14)
        while len(sweep.in_state(TrialState.QUEUED)) < 3:
            sweep.work(1, workers=1, steps=1)
        for run in sweep.in_state(TrialState.QUEUED)[:2]:
            sweep.start(run)
        for run in sweep.in_state(TrialState.RUNNING)[:trained]:
            sweep.train(run)
        sweep.change_space(NARROW)
        sweep.look()
        return [trial.params for trial in sweep.trials]

    assert redrawn(0) == redrawn(1) == redrawn(2)


def test_the_same_space_gives_the_same_points_to_a_sampler_that_does_not_learn() -> None:
    spec = search(Budget(12))
    alone, changed = SimulatedSweep(spec, fates(3)), SimulatedSweep(spec, fates(3))
    alone.work(1)
    changed.look()
    changed.enqueue({"learning_rate": 0.5})
    changed.look()
    changed.change_space(spec.space)
    changed.work(1)
    assert [one.params for one in changed.trials if not one.enqueued] == [one.params for one in alone.trials]
    assert [one.space_version for one in changed.trials if one.enqueued] == [1]


def test_a_grid_is_gone_through_anew_and_what_has_no_point_is_cancelled() -> None:
    def grid(*values: str) -> Space:
        return Space({"activation": ChoiceParameter(values)})

    spec = replace(search(Budget(9)), space=grid("relu", "tanh", "sigmoid", "leaky_relu"), sampler={"kind": "grid"})
    sweep = changed_in_mid_round(spec, 1, grid("tanh", "relu"))
    sweep.work(1)
    assert len(sweep.trials) == 4
    assert sorted(str(trial.params["activation"]) for trial in sweep.trials[1:3]) == ["relu", "tanh"]
    assert [run.state for run in sweep.runs.values()].count(TrialState.CANCELLED) == 1
    wider = changed_in_mid_round(spec, 4, grid("tanh", "relu"))
    wider.work(1)
    assert sorted(str(trial.params["activation"]) for trial in wider.trials[4:]) == ["relu", "tanh"]


def test_what_found_no_point_stays_cancelled_when_the_sweep_goes_on() -> None:
    def grid(*values: str) -> Space:
        return Space({"activation": ChoiceParameter(values)})

    spec = search(Budget(9, epochs=100))
    spec = replace(spec, space=grid("relu", "tanh", "sigmoid", "leaky_relu"), sampler={"kind": "grid"})
    sweep = changed_in_mid_round(spec, 1, grid("tanh", "relu"))
    sweep.work(1)
    sweep.reopen(Budget(12, epochs=100))
    sweep.work(1)
    assert [run.state for run in sweep.runs.values()].count(TrialState.CANCELLED) == 1
    assert sweep.charged == sum(run.epochs for run in sweep.runs.values())


def test_what_was_held_when_the_time_was_up_is_drawn_anew_when_the_sweep_goes_on() -> None:
    sweep = changed_in_mid_round(search(Budget(6, seconds=9)), 2, NARROW)
    sweep.seconds = 10
    sweep.work(1)
    sweep.reopen(Budget(6, seconds=20))
    sweep.work(1)
    assert [trial.space_version for trial in sweep.trials] == [1, 1, 2, 2, 2, 2]
    assert all(run.epochs for run in sweep.runs.values())


def test_searched_epochs_are_charged_anew_as_far_as_the_budget_reaches() -> None:
    spec = search(Budget(6, epochs=40), epochs=None)
    longer = Space({**NARROW.parameters, "epochs": IntParameter(9, 10)})
    sweep = changed_in_mid_round(spec, 1, longer)
    sweep.look()
    assert sweep.charged <= 40
    versions = [trial.space_version for trial in sweep.trials]
    assert versions[0] == 1
    assert 2 in versions
    sweep.work(1)
    assert sweep.charged <= 40


def test_trials_of_several_replicates_are_drawn_anew_only_if_none_has_begun() -> None:
    sweep = changed_in_mid_round(search(Budget(6), replicates=2, scheduler=HALVING), 3, NARROW)
    sweep.work(1)
    assert [trial.space_version for trial in sweep.trials] == [1, 1, 2, 2, 2, 2]


def test_thaw_says_truly_why_it_ends_when_a_changed_space_leaves_all_trials_outside() -> None:
    sweep = SimulatedSweep(replace(SEARCHES["thaw"], budget=Budget(4)), fates(3))
    sweep.work(1, steps=1)
    while sweep.in_state(TrialState.QUEUED):
        sweep.work(1, steps=1)
    for run in sweep.in_state(TrialState.RUNNING):
        sweep.train(run)
    left = len(sweep.in_state(TrialState.PAUSED))
    sweep.change_space(Space({"learning_rate": FloatParameter(2.0, 3.0)}))
    sweep.work(1)
    assert left > 0
    assert len(sweep.in_state(TrialState.PRUNED)) == left
    assert sweep.reason == "no trial lies in the space as it was changed, and all trials of the budget were drawn"
