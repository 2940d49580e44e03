"""Tests of hand-picked points: they are the next trials, of the next round, and take nothing from the sampler."""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from app.contract.layers import conditioned
from app.contract.rules import CURRENT_RULES
from app.domain.plan import Draw, Plan
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Parameter, Space
from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Budget, SweepSpec
from app.domain.values import Value
from app.planning.within import within
from app.samplers import SAMPLERS
from app.samplers.base import Ask, Quantiles, Sampler
from tests.app.planning.learning import NearTheBest
from tests.app.planning.simulation import Fate, SimulatedSweep, fates
from tests.app.planning.specs import HALVING, search

POINT = {"learning_rate": 0.25}
FAR = {"learning_rate": 5.0}
"""A point beyond the range of the space."""

THAW: Mapping[str, Value] = {"kind": "thaw", "batch": 4}


def learning(spec: SweepSpec) -> SweepSpec:
    return replace(spec, sampler={"kind": "gp", "batch": 4})


SEARCHES: Mapping[str, SweepSpec] = {
    "stream": search(Budget(12)),
    "halving": search(Budget(12), scheduler={**HALVING, "bracket": 6}),
    "all at once": search(Budget(12), scheduler=HALVING),
    "asha": search(Budget(12), scheduler={"kind": "asha", "eta": 3, "at_once": 4}),
    "gp": learning(search(Budget(12))),
    "gp in brackets": learning(search(Budget(12), scheduler={**HALVING, "bracket": 6})),
    "thaw": learning(search(Budget(12), scheduler=THAW)),
}


def sweep_of(spec: SweepSpec) -> SimulatedSweep:
    return SimulatedSweep(spec, fates(3))


@pytest.mark.parametrize("name", SEARCHES)
def test_enqueued_points_are_trained_as_they_are_on_top_of_the_budget(name: str) -> None:
    sweep = sweep_of(SEARCHES[name])
    sweep.work(1, steps=3)
    sweep.enqueue(POINT, FAR)
    sweep.work(2)
    assert (sweep.state, sweep.points) == (SweepState.COMPLETED, [])
    given = [trial for trial in sweep.trials if trial.enqueued]
    assert [trial.params for trial in given] == [POINT, FAR]
    assert given[1].number == given[0].number + 1
    assert len(sweep.trials) == 14
    assert all(sweep.runs[trial.number, 0].epochs > 0 for trial in given)


@pytest.mark.parametrize("name", ["stream", "halving", "all at once"])
def test_the_sampler_proposes_what_it_would_have_proposed_without_them(name: str) -> None:
    alone, joined = sweep_of(SEARCHES[name]), sweep_of(SEARCHES[name])
    alone.work(1)
    joined.enqueue(FAR)
    joined.work(1, steps=2)
    joined.enqueue(POINT, POINT)
    joined.work(1)
    assert [one.params for one in joined.trials if not one.enqueued] == [one.params for one in alone.trials]


@pytest.mark.parametrize("name", [name for name in SEARCHES if name not in {"stream", "asha"}])
def test_in_mid_round_they_wait_and_it_is_the_same_with_any_number_of_workers(name: str) -> None:
    def finished(workers: int, order: int) -> SimulatedSweep:
        sweep = sweep_of(SEARCHES[name])
        sweep.look()
        sweep.start(sweep.in_state(TrialState.QUEUED)[0])
        sweep.enqueue(POINT, FAR)
        assert sweep.look() == 0
        assert sweep.points == [POINT, FAR]
        sweep.work(order, workers)
        return sweep

    one, many = finished(1, 1), finished(7, 5)
    assert next(trial.number for trial in one.trials if trial.enqueued) in {4, 6, 12}
    assert (one.table(), one.decisions) == (many.table(), many.decisions)
    assert [trial.params for trial in one.trials] == [trial.params for trial in many.trials]


def test_a_stream_draws_them_at_once_though_its_queue_is_full() -> None:
    sweep = sweep_of(search(Budget(5000)))
    sweep.look()
    drawn = len(sweep.trials)
    sweep.enqueue(POINT)
    sweep.look()
    assert [trial.number for trial in sweep.trials if trial.enqueued] == [drawn]


def test_every_combination_of_a_grid_is_still_trained() -> None:
    spec = replace(
        search(Budget(9)),
        space=Space({"activation": ChoiceParameter(("relu", "tanh"))}),
        sampler={"kind": "grid"},
    )
    sweep = sweep_of(spec)
    sweep.enqueue({"activation": "sigmoid"})
    sweep.work(1)
    first, *others = [str(trial.params["activation"]) for trial in sweep.trials]
    assert (first, sorted(others)) == ("sigmoid", ["relu", "tanh"])
    assert sweep.reason == "the sampler grid is exhausted: all its 2 points finished"


def test_points_that_the_epochs_do_not_reach_for_end_the_sweep() -> None:
    sweep = sweep_of(search(Budget(2, epochs=20)))
    sweep.look()
    sweep.enqueue(POINT)
    sweep.work(1)
    assert sweep.state is SweepState.COMPLETED
    assert sweep.charged <= 20


class InTheirOrder(SimulatedSweep):
    """A sweep that draws nothing of the sampler's while points wait."""

    cut = False

    def apply(self, made: Plan) -> None:
        super().apply(made)
        drawn = [one for move in made.moves if isinstance(move, Draw) for one in move.trials]
        self.cut |= bool(drawn) and bool(self.points)
        assert not self.points or all(one.enqueued for one in drawn)


@pytest.mark.parametrize("name", [name for name in SEARCHES if name != "stream"])
def test_points_that_the_epochs_do_not_reach_for_yet_are_not_overtaken(name: str) -> None:
    cut = 0
    for epochs in (6, 20, 34):
        spec = replace(SEARCHES[name], budget=Budget(12, epochs=epochs))
        sweep = InTheirOrder(spec, fates(epochs))
        sweep.enqueue(*({"learning_rate": place / 10} for place in range(1, 9)))
        sweep.work(1)
        cut += sweep.cut
        given = [trial.params["learning_rate"] for trial in sweep.trials if trial.enqueued]
        assert given == [place / 10 for place in range(1, len(given) + 1)]
    assert cut > 0


def test_points_that_were_cut_come_first_once_epochs_are_given_back_in_mid_bracket() -> None:
    spec = search(Budget(12, epochs=10), scheduler={**HALVING, "first_rung": 3, "bracket": 6})
    sweep = InTheirOrder(spec, lambda *_: Fate([0.5], TrialState.FAILED))
    sweep.enqueue(*[POINT] * 5)
    sweep.work(1)
    assert sweep.cut
    assert [trial.enqueued for trial in sweep.trials] == [True] * 5 + [False] * (len(sweep.trials) - 5)
    assert len(sweep.trials) > 5


def test_models_are_shown_what_a_point_left_out_as_what_it_was_trained_with(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = list[Mapping[str, Value]]()

    class Watching(Sampler):
        need, options = NearTheBest.need, NearTheBest.options

        def propose(self, ask: Ask) -> Quantiles:
            shown.extend(trial.params for trial in ask.history)
            return np.full((len(ask.numbers), len(ask.space)), 0.5)

    monkeypatch.setitem(cast("dict[str, Sampler]", SAMPLERS), "watching", Watching())
    space = Space({"learning_rate": FloatParameter(1e-4, 1.0, "log"), "beta1": FloatParameter(0.5, 0.95)})
    sweep = sweep_of(replace(search(Budget(12)), space=space, sampler={"kind": "watching"}))
    sweep.enqueue(POINT)
    sweep.work(1)
    assert {**POINT, "beta1": 0.9} in shown
    assert all(point.keys() == space.parameters.keys() for point in shown)


def test_models_are_shown_the_points_that_lie_in_the_space_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = list[set[float]]()

    class Watching(Sampler):
        need, options = NearTheBest.need, NearTheBest.options

        def propose(self, ask: Ask) -> Quantiles:
            shown.append({float(str(trial.params["learning_rate"])) for trial in ask.history})
            return NearTheBest().propose(ask)

    monkeypatch.setitem(cast("dict[str, Sampler]", SAMPLERS), "watching", Watching())
    sweep = sweep_of(replace(search(Budget(12)), sampler={"kind": "watching"}))
    sweep.enqueue(POINT, FAR)
    sweep.work(1)
    assert POINT["learning_rate"] in shown[-1]
    assert FAR["learning_rate"] not in shown[-1]


def test_a_trial_lies_in_the_space_if_what_it_was_trained_with_is_a_point_of_it() -> None:
    space = Space(
        {
            "optimizer": ChoiceParameter(("sgd", "adam")),
            "beta1": FloatParameter(0.8, 0.99, when={"optimizer": ["adam"]}),
            "l2": FloatParameter(1e-6, 1e-2, "log", zero_probability=0.5),
        }
    )
    spec = replace(search(Budget(1)), space=space)
    held: Mapping[str, Value] = {"optimizer": "adam", "beta1": 0.9, "l2": 0.0}
    assert within(spec, held) == held
    assert within(spec, {"optimizer": "sgd", "l2": 1e-3}) == {"optimizer": "sgd", "l2": 1e-3}
    assert within(spec, {"optimizer": "adam", "l2": 1e-3}) == {"optimizer": "adam", "beta1": 0.9, "l2": 1e-3}
    others: list[Mapping[str, Value]] = [{"optimizer": "momentum"}, {"beta1": 0.5}, {"l2": 0.1}, {"batch_size": 16}]
    for other in others:
        assert within(spec, {**held, **other}) is None
    assert within(spec, {"optimizer": "sgd", "l2": 0, "beta1": 0.95}) is None


def test_a_trial_of_layers_by_count_lies_in_the_space_if_its_network_is_one_of_it() -> None:
    parameters: Mapping[str, Parameter] = {
        "hidden_layers": IntParameter(0, 3),
        "units": IntParameter(4, 64),
        "units_2": IntParameter(4, 64),
    }
    spec = replace(search(Budget(1)), rules=CURRENT_RULES, space=Space(conditioned(parameters, {})))
    deep: Mapping[str, Value] = {"hidden_layers": 2, "units": 16, "units_2": 8}
    assert within(spec, deep) == deep
    assert within(spec, {"hidden_layers": 0}) == {"hidden_layers": 0}
    assert within(spec, {"hidden_layers": 2, "units": 16}) == {**deep, "units_2": 16}
    assert within(spec, {}) == {"hidden_layers": 1, "units": 64}
    others: list[Mapping[str, Value]] = [{"units": 128}, {"units_2": 2}, {"hidden_layers": 4}]
    for other in others:
        assert within(spec, {**deep, **other}) is None
    assert within(spec, {"hidden_units": [32]}) is None
    assert within(spec, {"hidden_units": [64]}) == {"hidden_layers": 1, "units": 64}
    assert within(spec, {"hidden_layers": 3, "units": 16, "units_3": 64}) is None
    assert within(spec, {"hidden_layers": 3, "units": 64, "units_3": 64}) is not None
