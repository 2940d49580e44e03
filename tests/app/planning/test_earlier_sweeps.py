"""Tests of plans that learn from earlier sweeps: the same sweep whoever is faster."""

from dataclasses import replace
from math import inf

import pytest

from app.domain.history import EarlierSweep
from app.domain.space import FloatParameter, Space
from app.domain.sweeps import Budget, SweepSpec
from app.planning.within import earlier
from tests.app.planning.simulation import SimulatedSweep, fates
from tests.app.planning.specs import search

POINTS = [{"learning_rate": 1e-4 * 2**step} for step in range(12)]
EARLIER = (EarlierSweep("swp_0", False, POINTS, [abs(step - 8) / 9 for step in range(11)] + [inf]),)


def spec(kind: str, scheduler: str) -> SweepSpec:
    return replace(search(Budget(20), scheduler={"kind": scheduler}), sampler={"kind": kind, "batch": 4})


def worked(asked: SweepSpec, order: int, workers: int, known: tuple[EarlierSweep, ...] = EARLIER) -> SimulatedSweep:
    sweep = SimulatedSweep(asked, fates(3))
    sweep.earlier = known
    sweep.work(order, workers)
    return sweep


@pytest.mark.parametrize(
    ("kind", "scheduler"), [("gp", "none"), ("tpe", "none"), ("evolution", "none"), ("gp", "thaw")]
)
def test_a_sweep_that_knows_earlier_ones_is_the_same_with_any_workers_and_another_than_without(
    kind: str, scheduler: str
) -> None:
    asked = spec(kind, scheduler)
    alone, many = worked(asked, 1, 1), worked(asked, 2, 5)
    assert alone.table() == many.table()
    assert alone.trials == many.trials
    assert alone.decisions == many.decisions
    assert [one.params for one in alone.trials] != [one.params for one in worked(asked, 1, 1, ()).trials]


def test_after_a_change_of_the_space_earlier_trials_outside_of_it_are_not_shown() -> None:
    sweep = SimulatedSweep(spec("gp", "none"), fates(3))
    sweep.earlier = EARLIER
    assert earlier(sweep.snapshot()) == EARLIER
    sweep.change_space(Space({"learning_rate": FloatParameter(1e-3, 1e-2, "log")}))
    (left,) = earlier(sweep.snapshot())
    assert left.params == [point for point in POINTS if 1e-3 <= point["learning_rate"] <= 1e-2]
    assert left.costs == [cost for point, cost in zip(POINTS, EARLIER[0].costs, strict=True) if point in left.params]
