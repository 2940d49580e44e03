"""Tests of population based training: who is replaced by whose heir, and how heirs' knobs are changed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Space
from app.domain.states import TrialState
from app.domain.sweeps import Objective
from app.domain.values import Value
from app.schedulers import Board, Standing, Step
from app.schedulers.pbt import PopulationBasedTraining

KNOBS = ("learning_rate", "beta1", "l2", "keep_prob", "clip_norm")
SPACE = Space(
    {
        "learning_rate": FloatParameter(1e-4, 1.0, "log"),
        "beta1": FloatParameter(0.5, 0.999, "reverse_log"),
        "l2": FloatParameter(1e-6, 1e-1, "log", zero_probability=0.2),
        "keep_prob": ChoiceParameter((0.5, 0.7, 0.9, 1.0), ordered=True),
        "clip_norm": FloatParameter(0.0, 4.0, step=0.5),
        "optimizer": ChoiceParameter(("momentum", "adam")),
        "batch_size": IntParameter(16, 64, "log"),
    }
)
POINT: Mapping[str, Value] = {
    "learning_rate": 0.01,
    "beta1": 0.9,
    "l2": 0.001,
    "keep_prob": 0.9,
    "clip_norm": 1.5,
    "optimizer": "adam",
    "batch_size": 32,
}


def board(trials: Sequence[Standing], trials_left: int = 100, drawn: int | None = None, space: Space = SPACE) -> Board:
    return Board(
        space=space,
        fixed={},
        rules=3,
        seed=7,
        objective=Objective("dev_error", "minimize"),
        epochs=20,
        replicates=1,
        trials_left=trials_left,
        epochs_left=None,
        round=1,
        drawn=len(trials) if drawn is None else drawn,
        trials=trials,
        knobs=KNOBS,
    )


def paused(trial: int, cost: float | None, epoch: int = 4) -> Standing:
    rungs = [] if cost is None else [(epoch, cost)]
    return Standing(trial, POINT, TrialState.PAUSED, epoch, open=True, rungs=rungs)


def over(trial: int, state: TrialState, cost: float | None = None, epoch: int = 3) -> Standing:
    return Standing(trial, POINT, state, epoch, open=False, rungs=[] if cost is None else [(epoch, cost)])


def step(trials: Sequence[Standing], trials_left: int = 100, **options: int) -> Step:
    posted: Mapping[str, Value] = {"kind": "pbt", "population": 10, **options}
    return PopulationBasedTraining().compose(posted, board(trials, trials_left))


TEN = [paused(trial, (trial * 7 + 3) % 10 / 10) for trial in range(10)]
"""By their costs, from the best: trials 1, 4, 7, 0, 3, 6, 9, 2, 5, 8."""


def test_the_best_fifth_has_heirs_in_the_places_of_the_worst_and_all_others_go_on() -> None:
    made = step(TEN)
    assert list(made.go_on.items()) == [(trial, 6) for trial in (1, 4, 7, 0, 3, 6, 9, 2)]
    assert set(made.pruned) == {5, 8}
    assert made.pruned[8] == "epoch 4: dev_error 0.9 was 10th of 10; an heir takes its place"
    assert len(made.heirs) == 2
    assert {heir.parent for heir in made.heirs} <= {1, 4}
    assert {heir.epoch for heir in made.heirs} == {4}
    assert made.first_epoch == 6
    assert made.draw == 0
    assert made.heirs[0].reason.startswith("in place of trial 5: goes on from trial ")


@pytest.mark.parametrize(("replaced", "losers"), [(1, 1), (10, 1), (30, 3), (50, 5)])
def test_the_share_that_is_replaced_is_an_option_and_one_at_the_least(replaced: int, losers: int) -> None:
    made = step(TEN, replaced=replaced)
    assert (len(made.heirs), len(made.pruned), len(made.go_on)) == (losers, losers, 10 - losers)


def test_nobody_is_replaced_by_an_heir_of_one_that_is_no_better() -> None:
    made = step([paused(trial, 0.5) for trial in range(10)])
    assert (made.heirs, made.pruned) == ([], {})
    assert len(made.go_on) == 10


def test_places_of_those_that_ended_by_themselves_go_to_heirs_too() -> None:
    gone = [over(8, TrialState.DIVERGED), over(9, TrialState.COMPLETED, 0.01)]
    made = step([*TEN[:8], *gone])
    assert len(made.heirs) == 3
    assert [heir.reason.partition(":")[0] for heir in made.heirs] == [
        "in place of trial 5",
        *["in a place that became free"] * 2,
    ]
    assert {heir.parent for heir in made.heirs} <= {1}
    assert 9 not in made.go_on


def test_one_without_a_value_is_pruned_and_has_no_heirs() -> None:
    made = step([*TEN[:9], paused(9, None)])
    assert "no dev_error to compare" in made.pruned[9]
    assert 9 not in made.go_on


def test_only_as_many_are_replaced_as_trials_are_left() -> None:
    assert [len(step(TEN, left).heirs) for left in (0, 1, 2)] == [0, 1, 2]
    assert [len(step(TEN, left).pruned) for left in (0, 1, 2)] == [0, 1, 2]


def test_those_for_which_the_epochs_did_not_reach_are_left_behind() -> None:
    made = step([*TEN[:9], paused(9, 0.0, epoch=2)])
    assert "no epochs left" in made.pruned[9]
    assert set(made.go_on.values()) == {6}


def test_a_population_begins_when_the_last_one_has_come_to_its_end() -> None:
    assert (step([]).draw, step([]).first_epoch, step([], 4).draw) == (10, 2, 4)
    ended = [over(trial, TrialState.COMPLETED, 0.1, 20) for trial in range(10)]
    made = step(ended, interval=5)
    assert (made.draw, made.first_epoch, made.heirs, made.go_on) == (10, 5, (), {})
    assert step(ended, 0) == Step(first_epoch=2)


def test_the_last_interval_ends_with_the_last_epoch() -> None:
    assert set(step([paused(trial, trial / 10, 18) for trial in range(10)], interval=7).go_on.values()) == {20}


def heirs(count: int, space: Space = SPACE, point: Mapping[str, Value] = POINT) -> list[Mapping[str, Value]]:
    """The hyperparameters of so many heirs of one trial, each with a number of its own."""
    leader, loser = (replace(paused(trial, trial / 10), params=point) for trial in range(2))
    found = []
    for drawn in range(2, 2 + count):
        made = PopulationBasedTraining().compose(
            {"kind": "pbt", "population": 2}, board([leader, loser], drawn=drawn, space=space)
        )
        found.append(made.heirs[0].params)
    return found


def test_of_an_heir_nothing_but_knobs_is_changed_and_each_of_them_in_most_heirs() -> None:
    found = heirs(200)
    for name in SPACE:
        changed = sum(params[name] != POINT[name] for params in found)
        if name in KNOBS[:3]:
            assert changed > 150, name
        elif name in KNOBS:
            assert changed > 20, name  # smaller than a step is no change
        else:
            assert changed == 0, name


def test_a_knob_is_moved_by_a_share_of_its_own_scale_or_drawn_anew() -> None:
    rates = [params["learning_rate"] for params in heirs(400)]
    near = {round(float(str(rate)), 6) for rate in rates if rates.count(rate) > 20}
    assert near == {round(0.01 * 10 ** (4 * 0.05), 6), round(0.01 / 10 ** (4 * 0.05), 6)}
    anew = [float(str(rate)) for rate in rates if rates.count(rate) == 1]
    assert 60 < len(anew) < 140
    assert min(anew) < 1e-3
    assert max(anew) > 0.1


def test_an_heir_follows_from_the_seed_and_its_number_alone() -> None:
    assert heirs(5) == heirs(5)
    assert len({str(sorted(params.items())) for params in heirs(20)}) > 15


def test_what_constraints_refuse_is_tried_anew_and_conditions_stay_as_they_were() -> None:
    space = Space(
        {
            "learning_rate": FloatParameter(1e-4, 1.0, "log"),
            "keep_prob": ChoiceParameter((0.5, 1.0), ordered=True),
            "clip_norm": FloatParameter(0.0, 4.0, when={"keep_prob": [0.5]}),
        },
        ("learning_rate <= 0.01",),
    )
    without = {"learning_rate": 0.01, "keep_prob": 1.0}
    found = heirs(60, space, without)
    assert all(params.keys() == without.keys() for params in found)
    assert {params["keep_prob"] for params in found} == {1.0}
    assert all(float(str(params["learning_rate"])) <= 0.01 for params in found)
    assert len({params["learning_rate"] for params in found}) > 5


def test_knobs_stay_where_nothing_else_is_admitted() -> None:
    space = Space({"learning_rate": FloatParameter(0.1, 1.0)}, ("learning_rate <= 0.1",))
    assert heirs(3, space, {"learning_rate": 0.1}) == [{"learning_rate": 0.1}] * 3


@settings(max_examples=60, deadline=None)
@given(quantiles=st.lists(st.floats(0.0, 1.0 - 2**-53), min_size=len(SPACE), max_size=len(SPACE)))
def test_heirs_of_any_point_lie_within_the_space(quantiles: list[float]) -> None:
    (point,) = SPACE.points([quantiles], {}, 3)
    for params in heirs(3, point=point):
        for name, parameter in SPACE.parameters.items():
            if isinstance(parameter, ChoiceParameter):
                assert params[name] in parameter.values
            elif name == "l2":
                assert params[name] == 0.0 or 1e-6 <= float(str(params[name])) <= 1e-1
            else:
                assert parameter.low <= float(str(params[name])) <= parameter.high


def test_knobs_outside_of_a_space_that_was_changed_are_drawn_anew_within_it() -> None:
    space = Space(
        {
            "learning_rate": FloatParameter(0.1, 1.0, "log"),
            "keep_prob": ChoiceParameter((0.2, 0.4), ordered=True),
            "l2": FloatParameter(1e-6, 1e-1, "log"),
        }
    )
    for params in heirs(20, space, {**POINT, "l2": 0.0}):
        assert 0.1 <= float(str(params["learning_rate"])) <= 1.0
        assert params["keep_prob"] in {0.2, 0.4}
        assert 1e-6 <= float(str(params["l2"])) <= 1e-1
        assert params["beta1"] == POINT["beta1"]
