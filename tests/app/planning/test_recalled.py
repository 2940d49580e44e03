"""Tests of the points of earlier sweeps that a sweep tries: which, how many, and for how long."""

from dataclasses import replace
from math import inf

import pytest

from app.domain.history import EarlierSweep
from app.domain.plan import TrialView
from app.domain.space import FloatParameter, IntParameter, Space
from app.domain.states import TrialState
from app.domain.sweeps import Budget, SweepSpec
from app.planning.recalled import recalled
from app.planning.redraws import Point
from tests.app.planning.specs import search

UNITS = Space({"units": IntParameter(1, 1000), "rate": FloatParameter(1e-4, 1.0, "log")})
PROPOSED: list[Point] = [{"units": 900 + number, "rate": 0.5} for number in range(8)]


def spec(space: Space = UNITS) -> SweepSpec:
    return replace(search(Budget(100)), space=space, sampler={"kind": "gp"})


def points(*units: int) -> list[Point]:
    return [{"units": one, "rate": 0.01} for one in units]


def earlier(*units: int, same_data: bool = True) -> EarlierSweep:
    """Return a sweep that found these points, the best first."""
    return EarlierSweep("swp_0", same_data, points(*units), [rank / 100 for rank in range(len(units))])


def stopped(costs: dict[int, float | None], state: TrialState = TrialState.COMPLETED) -> list[TrialView]:
    """Return trials with these costs at these units."""
    return [
        TrialView(number, point, state, cost)
        for number, (point, cost) in enumerate(zip(points(*costs), costs.values(), strict=True))
    ]


def units(found: list[Point]) -> list[object]:
    return [one["units"] for one in found]


def batch(known: list[EarlierSweep], history: list[TrialView], first: int = 0, count: int = 8) -> list[object]:
    """Return the units of a batch."""
    numbers = range(first, first + count)
    return units(list(recalled(spec(), known, history, numbers, PROPOSED[:count])))


def test_every_fourth_trial_is_the_best_point_of_an_earlier_sweep_and_all_others_are_as_proposed() -> None:
    assert batch([earlier(5, 6, 7)], []) == [900, 901, 902, 5, 904, 905, 906, 6]
    assert batch([earlier(5, 6, 7)], [], first=2) == [900, 5, 902, 903, 904, 6, 906, 907]
    assert batch([], []) == units(list(PROPOSED))


@pytest.mark.parametrize("count", [1, 3, 4, 7])
def test_the_first_trials_of_a_batch_are_the_same_however_many_are_drawn(count: int) -> None:
    assert batch([earlier(5, 6)], [], count=count) == batch([earlier(5, 6)], [])[:count]


def test_earlier_sweeps_take_turns_those_of_the_same_data_first() -> None:
    assert batch([earlier(5, 6, same_data=False), earlier(7, 8)], [], first=1) == batch([earlier(7, 5)], [], first=1)


def test_what_was_tried_or_is_in_the_batch_already_is_not_recalled_again() -> None:
    assert batch([earlier(5, 6, 7)], stopped({5: 0.1}), first=8)[3::4] == [6, 7]
    twice = replace(earlier(5, 6, 7), params=points(5, 5, 7))
    assert batch([twice], [])[3::4] == [5, 7]
    proposed = [*points(5), *PROPOSED[1:]]
    assert units(list(recalled(spec(), [earlier(5, 6)], [], range(8), proposed)))[3] == 6


@pytest.mark.parametrize(("same_data", "most"), [(True, 8), (False, 4)])
def test_of_other_data_fewer_points_are_recalled(same_data: bool, most: int) -> None:
    known = earlier(*range(1, 40), same_data=same_data)
    history = list[TrialView]()
    for number in range(0, 80, 8):
        found = recalled(spec(), [known], history, range(number, number + 8), [{**one} for one in PROPOSED])
        history += [TrialView(number, point, TrialState.COMPLETED, 0.1) for point in found]
    tried = {one.params["units"] for one in history if one.params["rate"] != 0.5}
    assert tried == set(range(1, most + 1))


def test_a_sweep_is_recalled_on_only_while_half_of_its_points_are_among_the_best_quarter() -> None:
    costs: dict[int, float | None] = {5: 0.1, 6: 0.9, 21: 0.2, 22: 0.3, 23: 0.4, 24: 0.5, 25: 0.6, 26: 0.7}
    known = [earlier(5, 6, 7)]
    assert batch(known, stopped(costs), first=8)[3] == 7
    assert batch(known, stopped({**costs, 5: 0.45}), first=8)[3] == 903  # three of eight are better
    assert batch(known, stopped({**costs, 5: 0.35}), first=8)[3] == 7  # two are
    assert batch(known, stopped({**costs, 5: None}), first=8)[3] == 903


def test_a_point_that_stopped_too_early_to_be_compared_proves_nothing_good() -> None:
    others = stopped({unit: unit / 100 for unit in range(21, 29)})
    pruned = [replace(one, number=20) for one in stopped({5: 0.01}, TrialState.PRUNED)]
    assert batch([earlier(5, 6)], others, first=8)[3] == 5
    deep = [replace(one, rungs=((9, float(str(one.cost))),)) for one in others]
    shallow = [replace(one, rungs=((1, 0.01),)) for one in pruned]
    assert batch([earlier(5, 6)], [*deep, *shallow], first=8)[3] == 903


def test_diverged_points_are_never_recalled() -> None:
    known = replace(earlier(5, 6), costs=[inf, 0.5])
    assert batch([known], [])[3::4] == [6, 907]


def test_a_value_between_two_steps_is_recalled_where_the_axis_has_one() -> None:
    space = Space({"units": IntParameter(16, 128, step=16), "rate": FloatParameter(1e-4, 1.0, "log")})
    numbers, proposed = range(4), [{"units": 16, "rate": 0.5}] * 4
    found = recalled(spec(space), [earlier(40)], [], numbers, proposed)
    assert found[3]["units"] in (32, 48)
    assert found[3]["rate"] == pytest.approx(0.01)
