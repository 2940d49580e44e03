"""The sampler gp: what it makes of histories of every kind."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from app.contract.rules import CURRENT_RULES
from app.domain.plan import TrialView
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Space
from app.domain.states import TrialState
from app.domain.values import Value
from app.samplers import Ask
from app.samplers.gp import GaussianProcess
from app.samplers.sobol import SobolSampler

SPACES = {
    "mixed": Space(
        {
            "learning_rate": FloatParameter(1e-4, 1.0, "log"),
            "units": IntParameter(8, 256, "log"),
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
    return ask.space.points(GaussianProcess().propose(ask).tolist(), ask.fixed, ask.rules)


def after(space: Space, costs: Sequence[float | None], batch: int = 8) -> Ask:
    """Return the question for the next batch after random trials within the constraints had these costs."""
    rows = np.random.default_rng(1).random((20 * len(costs), len(space))).tolist()
    drawn = [one for one in space.points(rows, {}, CURRENT_RULES) if space.admits(one, {})]
    history = [
        TrialView(number, params, TrialState.DIVERGED if cost is None else TrialState.COMPLETED, cost)
        for number, (params, cost) in enumerate(zip(drawn, costs, strict=False))
    ]
    return Ask(space, range(len(costs), len(costs) + batch), 7, CURRENT_RULES, history=history)


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
    whole = GaussianProcess().propose(ask)
    assert np.array_equal(GaussianProcess().propose(ask), whole)
    assert np.array_equal(GaussianProcess().propose(replace(ask, numbers=ask.numbers[:3])), whole[:3])
    assert ((whole >= 0.0) & (whole < 1.0)).all()


def test_the_bits_are_the_same_with_one_and_with_two_threads_of_linear_algebra() -> None:
    ask, blas = after(SPACES["mixed"], [0.1 * k for k in range(60)]), ThreadpoolController()
    with blas.limit(limits=1, user_api="blas"):
        one = GaussianProcess().propose(ask)
    with blas.limit(limits=2, user_api="blas"):
        assert np.array_equal(GaussianProcess().propose(ask), one)


def test_the_first_batch_is_that_of_sobol() -> None:
    ask = Ask(SPACES["mixed"], range(8), 7, CURRENT_RULES)
    assert np.array_equal(GaussianProcess().propose(ask), SobolSampler().propose(ask))


def test_once_all_points_within_the_constraints_were_tried_the_best_come_again() -> None:
    numbers = {name: IntParameter(1, 3) for name in "ab"}
    space = Space(numbers, constraints=["a <= b"])
    history = [
        TrialView(number, {"a": a, "b": b}, TrialState.COMPLETED, 1.0 * a + b)
        for number, (a, b) in enumerate([(1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3)])
    ]
    found = points(Ask(space, range(6, 14), 7, CURRENT_RULES, history=history))
    assert len(found) == 8
    assert found[0] == {"a": 1, "b": 1}
    assert all(space.admits(one, {}) for one in found)


def test_all_points_of_a_small_space_come_before_any_comes_again() -> None:
    space = Space({"a": ChoiceParameter((1, 2, 3)), "b": IntParameter(1, 2)})
    found = points(Ask(space, range(1, 6), 7, CURRENT_RULES, history=after(space, [1.0]).history))
    assert len({*map(str, found), str(after(space, [1.0]).history[0].params)}) == 6
    assert len(points(replace(after(space, [1.0]), numbers=range(1, 10)))) == 9


def test_it_finds_the_valley_of_a_parabola() -> None:
    space = Space({"x": FloatParameter(0.0, 1.0), "y": FloatParameter(0.0, 1.0)})
    history = list[TrialView]()
    for first in range(0, 40, 8):
        for number, params in enumerate(points(Ask(space, range(first, first + 8), 3, 2, history=history)), first):
            cost = (float(str(params["x"])) - 0.7) ** 2 + (float(str(params["y"])) - 0.2) ** 2
            history = [*history, TrialView(number, params, TrialState.COMPLETED, cost)]
    assert min(trial.cost or 0.0 for trial in history) < 1e-3
