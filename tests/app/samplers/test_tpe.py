"""The sampler tpe: what it makes of histories of every kind."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from app.contract.rules import CURRENT_RULES
from app.domain.plan import TrialView
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Space
from app.domain.states import TrialState
from app.domain.values import Value
from app.samplers import Ask
from app.samplers.sobol import SobolSampler
from app.samplers.tpe import TreeParzen

SPACES = {
    "mixed": Space(
        {
            "learning_rate": FloatParameter(1e-4, 1.0, "log"),
            "weight_decay": FloatParameter(1e-6, 0.1, "log", zero_probability=0.25),
            "units": IntParameter(8, 256, "log"),
            "layers": ChoiceParameter((1, 2, 4), weights=(1.0, 0.0, 3.0), ordered=True),
            "optimizer": ChoiceParameter(("momentum", "adam")),
            "momentum": FloatParameter(0.5, 0.99, when={"optimizer": ["momentum"]}),
        },
        constraints=["units <= 10000 * learning_rate"],
    ),
    "one number": Space({"learning_rate": FloatParameter(1e-4, 1.0, "log")}),
    "only categories": Space({name: ChoiceParameter(tuple("abcde")) for name in "xyz"}),
}
every_space = pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)


def points(ask: Ask) -> list[dict[str, Value]]:
    return ask.space.points(TreeParzen().propose(ask).tolist(), ask.fixed, ask.rules)


def after(space: Space, costs: Sequence[float | None], batch: int = 8) -> Ask:
    """Return the question for the next batch after random trials within the constraints had these costs."""
    rows = np.random.default_rng(1).random((20 * len(costs), len(space))).tolist()
    drawn = [one for one in space.points(rows, {}, CURRENT_RULES) if space.admits(one, {})]
    history = [
        TrialView(number, params, TrialState.DIVERGED if cost is None else TrialState.COMPLETED, cost)
        for number, (params, cost) in enumerate(zip(drawn, costs, strict=False))
    ]
    return Ask(space, range(len(costs), len(costs) + batch), 7, CURRENT_RULES, history=history)


def trials(params: Sequence[dict[str, Value]], costs: Sequence[float | None]) -> list[TrialView]:
    states = [TrialState.DIVERGED if cost is None else TrialState.COMPLETED for cost in costs]
    return [TrialView(number, *one) for number, one in enumerate(zip(params, states, costs, strict=True))]


@every_space
@pytest.mark.parametrize(
    "costs",
    [[0.5], [None] * 9, [1.0] * 12, [None, 0.25, 0.5, None, 0.25, float("nan"), 3.0, 0.125]],
    ids=["one trial", "all diverged", "ties", "some of each"],
)
def test_a_batch_has_new_points_within_the_constraints_each_once(space: Space, costs: list[float | None]) -> None:
    ask = after(space, costs)
    found = points(ask)
    known = [trial.params for trial in ask.history]
    assert len(found) == 8
    assert all(space.admits(one, {}) and one not in known and found.count(one) == 1 for one in found)


@every_space
def test_the_first_of_a_batch_do_not_depend_on_how_many_are_asked_for(space: Space) -> None:
    ask = after(space, [0.1 * k for k in range(9)])
    whole = TreeParzen().propose(ask)
    assert np.array_equal(TreeParzen().propose(ask), whole)
    assert np.array_equal(TreeParzen().propose(replace(ask, numbers=ask.numbers[:3])), whole[:3])
    assert ((whole >= 0.0) & (whole < 1.0)).all()


def test_costs_count_by_their_order_alone() -> None:
    costs = [0.1 * k for k in range(40)]
    ask = after(SPACES["mixed"], costs)
    stretched = after(SPACES["mixed"], [np.exp(3 * cost) for cost in costs])
    assert np.array_equal(TreeParzen().propose(ask), TreeParzen().propose(stretched))


def test_the_first_batch_is_that_of_sobol() -> None:
    ask = Ask(SPACES["mixed"], range(8), 7, CURRENT_RULES)
    assert np.array_equal(TreeParzen().propose(ask), SobolSampler().propose(ask))


def test_once_all_points_within_the_constraints_were_tried_the_best_come_again() -> None:
    space = Space({name: IntParameter(1, 3) for name in "ab"}, constraints=["a <= b"])
    pairs = [(1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3)]
    history = trials([{"a": a, "b": b} for a, b in pairs], [1.0 * a + b for a, b in pairs])
    found = points(Ask(space, range(6, 14), 7, CURRENT_RULES, history=history))
    assert len(found) == 8
    assert found[0] == {"a": 1, "b": 1}
    assert all(space.admits(one, {}) for one in found)


def test_a_value_of_weight_0_is_never_proposed_even_after_it_was_tried_and_was_best() -> None:
    space = Space({"a": ChoiceParameter(("x", "y", "z"), weights=(1.0, 0.0, 1.0)), "b": FloatParameter(0.0, 1.0)})
    history = trials([{"a": "y", "b": 0.5}, {"a": "x", "b": 0.25}, {"a": "z", "b": 0.75}], [0.0, 1.0, 2.0])
    assert "y" not in [one["a"] for one in points(Ask(space, range(3, 19), 7, CURRENT_RULES, history=history))]


def test_it_stays_away_from_where_trials_diverged() -> None:
    space = Space({"x": FloatParameter(0.0, 1.0)})
    places = np.linspace(0.0, 1.0, 33)
    history = trials([{"x": float(x)} for x in places], [None if x > 0.5 else 1.0 for x in places])
    found = [float(str(one["x"])) for one in points(Ask(space, range(33, 49), 7, CURRENT_RULES, history=history))]
    assert max(found) < 0.6


def test_a_choice_is_taken_where_good_trials_had_it() -> None:
    space = Space({"optimizer": ChoiceParameter(("momentum", "adam", "sgd")), "x": FloatParameter(0.0, 1.0)})
    chance = np.random.default_rng(2)
    drawn: list[dict[str, Value]] = [
        {"optimizer": ("momentum", "adam", "sgd")[k % 3], "x": float(chance.random())} for k in range(60)
    ]
    history = trials(drawn, [0.0 if one["optimizer"] == "adam" else 1.0 for one in drawn])
    found = points(Ask(space, range(60, 68), 7, CURRENT_RULES, history=history))
    assert [one["optimizer"] for one in found] == ["adam"] * 8


def test_it_finds_the_valley_of_a_parabola() -> None:
    space = Space({"x": FloatParameter(0.0, 1.0), "y": FloatParameter(0.0, 1.0)})
    history = list[TrialView]()
    for first in range(0, 96, 8):
        for number, params in enumerate(points(Ask(space, range(first, first + 8), 3, 2, history=history)), first):
            cost = (float(str(params["x"])) - 0.7) ** 2 + (float(str(params["y"])) - 0.2) ** 2
            history = [*history, TrialView(number, params, TrialState.COMPLETED, cost)]
    last = [trial.cost or 0.0 for trial in history[-32:]]
    assert min(trial.cost or 0.0 for trial in history) < 2e-3
    assert np.median(last) < 0.02  # of random points, 0.18
