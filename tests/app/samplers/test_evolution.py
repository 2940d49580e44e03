"""The sampler evolution: whose child each point is, and what is changed."""

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
from app.samplers.evolution import Evolution
from app.samplers.sobol import SobolSampler
from tests.app.samplers.test_tpe import SPACES, after, trials

every_space = pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
SMALL: dict[str, Value] = {"kind": "evolution", "population": 4, "tournament": 2}


def points(ask: Ask) -> list[dict[str, Value]]:
    return ask.space.points(Evolution().propose(ask).tolist(), ask.fixed, ask.rules)


def differences(child: dict[str, Value], parent: dict[str, Value]) -> list[str]:
    """Return the parameters in which a child differs from a parent, beyond rounding."""
    return [
        name
        for name in child.keys() | parent.keys()
        if name not in child
        or name not in parent
        or (
            child[name] != pytest.approx(parent[name])
            if isinstance(child[name], float)
            else child[name] != parent[name]
        )
    ]


@every_space
@pytest.mark.parametrize(
    "costs",
    [[0.5] * 4, [None] * 9, [None, 0.25, 0.5, None, 0.25, float("nan"), 3.0, 0.125]],
    ids=["ties", "all diverged", "some of each"],
)
def test_a_batch_has_new_points_within_the_constraints_each_once(space: Space, costs: Sequence[float | None]) -> None:
    ask = replace(after(space, costs), options=SMALL)
    found, known = points(ask), [trial.params for trial in ask.history]
    assert len(found) == 8
    assert all(space.admits(one, {}) and one not in known and found.count(one) == 1 for one in found)


@every_space
def test_the_first_of_a_batch_do_not_depend_on_how_many_are_asked_for(space: Space) -> None:
    ask = replace(after(space, [0.1 * k for k in range(9)]), options=SMALL)
    whole = Evolution().propose(ask)
    assert np.array_equal(Evolution().propose(ask), whole)
    assert np.array_equal(Evolution().propose(replace(ask, numbers=ask.numbers[:3])), whole[:3])


def test_until_the_population_is_there_points_are_those_of_sobol() -> None:
    ask = after(SPACES["mixed"], [0.5] * 19)
    assert np.array_equal(Evolution().propose(ask), SobolSampler().propose(ask))
    grown = after(SPACES["mixed"], [0.5] * 20)
    assert not np.array_equal(Evolution().propose(grown), SobolSampler().propose(grown))


def test_each_child_differs_from_one_of_the_population_in_one_parameter() -> None:
    space = Space(
        {
            "rate": FloatParameter(1e-4, 1.0, "log"),
            "units": IntParameter(8, 256, "log"),
            "layers": ChoiceParameter((1, 2, 4), ordered=True),
            "optimizer": ChoiceParameter(("momentum", "adam", "sgd")),
        }
    )
    ask = replace(after(space, [0.1 * k for k in range(30)], batch=40), options={**SMALL, "population": 10})
    parents = [dict(trial.params) for trial in ask.history[-10:]]
    changed = [min((differences(child, parent) for parent in parents), key=len) for child in points(ask)]
    assert {len(one) for one in changed} == {1}
    assert {name for (name,) in changed} == set(space)


def test_the_oldest_have_no_children_however_good_they_are() -> None:
    space = Space({name: ChoiceParameter(tuple(range(40))) for name in "abcd"})
    history = trials([dict.fromkeys("abcd", k) for k in range(12)], [float(k) for k in range(12)])
    ask = Ask(space, range(12, 44), 7, CURRENT_RULES, {}, SMALL, history)
    parents = {max(range(12), key=list(one.values()).count) for one in points(ask)}
    assert parents <= {8, 9, 10, 11}
    assert {8, 9} <= parents


def test_the_best_of_a_tournament_of_all_is_the_only_parent() -> None:
    space = Space({name: ChoiceParameter(tuple(range(40))) for name in "abcd"})
    history = trials([dict.fromkeys("abcd", k) for k in range(4)], [None, 0.5, 0.25, 3.0])
    ask = Ask(space, range(4, 20), 7, CURRENT_RULES, {}, {**SMALL, "tournament": 4}, history)
    assert all(list(one.values()).count(2) == 3 for one in points(ask))


def test_a_parameter_that_a_change_makes_active_comes_by_chance() -> None:
    space = Space(
        {
            "optimizer": ChoiceParameter(("adam", "momentum")),
            "momentum": FloatParameter(0.5, 0.9, when={"optimizer": ["momentum"]}),
        }
    )
    history = trials([{"optimizer": "adam"}] * 4, [1.0] * 4)
    found = points(Ask(space, range(4, 20), 7, CURRENT_RULES, {}, SMALL, history))
    assert all(one["optimizer"] == "momentum" for one in found)
    assert len({str(one["momentum"]) for one in found}) == 16


def test_it_comes_down_into_the_valley_of_a_parabola() -> None:
    space = Space({"x": FloatParameter(0.0, 1.0), "y": FloatParameter(0.0, 1.0)})
    history = list[TrialView]()
    for first in range(0, 160, 8):
        for number, params in enumerate(points(Ask(space, range(first, first + 8), 3, 2, history=history)), first):
            cost = (float(str(params["x"])) - 0.7) ** 2 + (float(str(params["y"])) - 0.2) ** 2
            history = [*history, TrialView(number, params, TrialState.COMPLETED, cost)]
    assert np.median([trial.cost or 0.0 for trial in history[-32:]]) < 0.06  # of random points, 0.18
