"""Tests of duplicates: trained with another seed, skipped, or taken from the first trial with that point."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from app.contract.rules import CURRENT_RULES
from app.domain.plan import Plan, Snapshot
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Space
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Budget, Duplicates, SweepSpec
from app.domain.values import Value, key
from app.planning import duplicates, plan
from app.planning.drawing import draw
from app.planning.duplicates import Below
from tests.app.planning.simulation import SimulatedSweep, fates
from tests.app.planning.specs import HALVING, search

SMALL = Space({"batch_size": IntParameter(1, 8, "log"), "optimizer": ChoiceParameter(("sgd", "adam"), (1.0, 3.0))})
SAMPLERS: list[Mapping[str, Value]] = [{"kind": kind} for kind in ("random", "sobol", "latin_hypercube", "tpe")]
SCHEDULERS: list[Mapping[str, Value]] = [
    {"kind": "none"},
    {**HALVING, "bracket": 9},
    {"kind": "median", "bracket": 6},
    {"kind": "hyperband"},
]
every_pair = pytest.mark.parametrize(
    ("sampler", "scheduler"),
    [(one, other) for one in SAMPLERS for other in SCHEDULERS],
    ids=lambda kind: str(kind["kind"]),
)


def spec(
    kind: Duplicates,
    trials: int = 40,
    space: Space = SMALL,
    sampler: Mapping[str, Value] = SAMPLERS[0],
    scheduler: Mapping[str, Value] = SCHEDULERS[0],
) -> SweepSpec:
    plain = search(Budget(trials), scheduler=scheduler)
    return replace(plain, space=space, rules=CURRENT_RULES, duplicates=kind, sampler=sampler)


def worked(asked: SweepSpec, order: int = 1, workers: int = 4) -> SimulatedSweep:
    sweep = SimulatedSweep(asked, fates(3))
    sweep.work(order, workers)
    return sweep


def test_with_another_seed_the_points_are_those_of_before_there_was_a_choice() -> None:
    drawn = [trial.params for trial in draw(spec("seed"), "0" * 64, 0, 40, (), below=Below(0, {key({}): 0}))]
    reused = [trial.params for trial in draw(spec("reuse"), "0" * 64, 0, 40, ())]
    assert drawn == reused
    assert len({key(params) for params in drawn}) < 17


@every_pair
def test_skipped_duplicates_leave_each_point_once_until_the_space_is_exhausted(
    sampler: Mapping[str, Value], scheduler: Mapping[str, Value]
) -> None:
    sweep = worked(spec("skip", sampler=sampler, scheduler=scheduler))
    assert len({key(trial.params) for trial in sweep.trials}) == len(sweep.trials) == 16
    assert sweep.state is SweepState.COMPLETED
    assert sweep.reason == "the space is exhausted: all its 16 points were drawn, and duplicates are skipped"


class Recognising(SimulatedSweep):
    """A sweep whose plans are told, as the service tells them, that no new point was found in one like it."""

    found_none: tuple[int, int] | None = None
    told = 0

    def planned(self, shown: Snapshot) -> Plan:
        like = shown.drawn, len(shown.taken)
        if like == self.found_none:
            self.told += 1
            shown = replace(shown, drawn_out=True)
        made = super().planned(shown)
        if made.drawn_out:
            self.found_none = like
        return made


@every_pair
def test_a_space_in_which_nothing_is_new_is_searched_once_and_nothing_else_comes_of_it(
    sampler: Mapping[str, Value], scheduler: Mapping[str, Value]
) -> None:
    asked = spec("skip", sampler=sampler, scheduler=scheduler)
    sweep, searched = Recognising(asked, fates(3)), worked(asked)
    sweep.work(1)
    assert (sweep.table(), sweep.decisions, sweep.reason) == (searched.table(), searched.decisions, searched.reason)
    if asked.sampler["kind"] != "tpe":
        assert sweep.told > 0


def test_in_an_exhausted_space_a_plan_says_so_and_the_next_does_not_look_for_points() -> None:
    sweep = SimulatedSweep(spec("skip"), fates(3))
    sweep.look()
    assert len(sweep.trials) == 16
    assert plan(sweep.snapshot()) == Plan((), sweep.memory, drawn_out=True)
    free = replace(sweep.snapshot(), taken={})
    assert plan(free).moves
    assert plan(replace(free, drawn_out=True)) == Plan((), sweep.memory, drawn_out=True)


@pytest.mark.parametrize("kind", ["skip", "reuse"])
@every_pair
def test_any_number_of_workers_get_the_same_trials(
    sampler: Mapping[str, Value], scheduler: Mapping[str, Value], kind: Duplicates
) -> None:
    asked = spec(kind, sampler=sampler, scheduler=scheduler)
    alone, many = worked(asked, workers=1), worked(asked, order=2, workers=5)
    assert (alone.table(), alone.decisions, alone.trials) == (many.table(), many.decisions, many.trials)


@every_pair
def test_reused_results_come_from_the_first_trial_with_the_point_and_train_nothing(
    sampler: Mapping[str, Value], scheduler: Mapping[str, Value]
) -> None:
    sweep = worked(spec("reuse", sampler=sampler, scheduler=scheduler))
    first = dict[str, int]()
    for trial in sweep.trials:
        number = first.setdefault(key(trial.params), trial.number)
        assert trial.same_as == (None if number == trial.number else number)
    assert len(sweep.trials) == 40
    assert {trial for trial, _ in sweep.runs} == set(first.values())
    assert sweep.state is SweepState.COMPLETED


def test_reused_results_charge_no_epochs() -> None:
    points = {run.trial for run in worked(spec("reuse")).runs.values()}
    tight = replace(spec("reuse"), budget=Budget(40, epochs=9 * len(points)))
    assert len(worked(tight).trials) == 40
    assert len(worked(replace(tight, duplicates="seed")).trials) < 40


def test_a_block_in_which_all_results_are_reused_is_refunded_nothing() -> None:
    sweep = worked(replace(spec("reuse"), budget=Budget(300, epochs=10_000)))
    assert (len(sweep.trials), sweep.state) == (300, SweepState.COMPLETED)
    assert sweep.charged == sum(run.epochs for run in sweep.runs.values())


def test_a_point_drawn_anew_is_the_same_whichever_trials_are_drawn_together() -> None:
    asked = spec("skip", space=Space({"batch_size": IntParameter(1, 60)}))
    together = [trial.params for trial in draw(asked, "0" * 64, 0, 60, ())]
    alone, taken = list[Mapping[str, Value]](), dict[str, int]()
    for number in range(60):
        alone += [trial.params for trial in draw(asked, "0" * 64, number, 1, (), below=Below(0, taken))]
        taken[key(alone[-1])] = number
    assert together == alone
    assert len(list(draw(asked, "0" * 64, 60, 1, (), below=Below(0, taken)))) == 0


def test_skipped_points_meet_the_constraints_and_those_that_are_new_at_once_stay() -> None:
    space = Space({"batch_size": IntParameter(1, 30), "epochs": IntParameter(1, 30)}, ("batch_size < epochs",))
    plain = [trial.params for trial in draw(replace(spec("seed"), space=space, fixed={}), "0" * 64, 0, 200, ())]
    skipped = [trial.params for trial in draw(replace(spec("skip"), space=space, fixed={}), "0" * 64, 0, 200, ())]
    assert all(space.admits(point, {}) for point in skipped)
    assert len({key(point) for point in skipped}) == 200
    lower = [{key(point) for point in skipped[:number]} for number in range(200)]
    stays = [key(point) not in below for point, below in zip(plain, lower, strict=True)]
    assert 50 < sum(stays) < 200
    assert [new == old for new, old in zip(skipped, plain, strict=True)] == stays


def test_a_space_that_cannot_be_listed_is_exhausted_after_a_thousand_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "LISTED", 4)
    sweep = worked(spec("skip", space=Space({"batch_size": IntParameter(1, 5)})))
    assert len(sweep.trials) == 5
    assert sweep.reason == ("the space is exhausted: 1,000 draws in a row found no new one, and duplicates are skipped")


def test_asha_brings_what_is_paused_to_its_end_once_no_new_point_is_left() -> None:
    sweep = worked(spec("skip", scheduler={"kind": "asha", "eta": 3, "at_once": 4}))
    assert len(sweep.trials) == 16
    assert any(run.state is TrialState.COMPLETED and run.epochs == 9 for run in sweep.runs.values())
    assert "exhausted" in str(sweep.reason)


@pytest.mark.parametrize("kind", ["skip", "reuse"])
def test_the_point_of_a_trial_that_was_cancelled_is_trained_when_the_sweep_goes_on(kind: Duplicates) -> None:
    asked = spec(kind, 16, Space({"batch_size": IntParameter(1, 4)}), scheduler={**HALVING, "bracket": 4})
    sweep = SimulatedSweep(replace(asked, budget=Budget(16, seconds=9)), fates(3))
    sweep.look()
    sweep.seconds = 10
    sweep.work(1)
    assert all(run.state is TrialState.CANCELLED for run in sweep.runs.values())
    sweep.reopen(Budget(20, seconds=20))
    sweep.work(1)
    trained = {key(sweep.trials[run.trial].params) for run in sweep.runs.values() if run.epochs}
    assert len(trained) == 4


def test_a_continuum_never_ends() -> None:
    space = Space({"learning_rate": FloatParameter(0.1, 1.0), "batch_size": IntParameter(1, 2)})
    assert len(worked(spec("skip", 200, space)).trials) == 200
