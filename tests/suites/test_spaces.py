"""What must hold of the points of any space, whichever sampler draws them."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.api.sweep_bodies import read_sweep
from app.contract.rules import CURRENT_RULES
from app.domain.constraint_faults import constraint_faults
from app.domain.foreign import Foreign
from app.domain.plan import Need, TrialView
from app.domain.space import Space
from app.domain.space_faults import space_faults
from app.domain.states import TrialState
from app.domain.sweeps import Budget, Objective, SweepSpec
from app.planning.drawing import draw
from app.samplers import SAMPLERS, Ask
from app.samplers.streams import uniform
from app.storage.records import spec_from_json, spec_to_json
from tests.suites.random_spaces import Json, RandomSpace, random_spaces
from tests.tries import tries

EXAMPLES, BATCH = tries(10), 8
DRAWS: Mapping[Need, int] = {Need.NOTHING: 128, Need.ALL: 2 * BATCH}
"""Of each space, for kinds that are shown nothing: 10,240 of the four without end. Those that learn take longer."""
TRIED, FEWEST = 200, 20
"""A space is taken if of so many points its constraints admit so many."""


def spec_of(posted: Json) -> SweepSpec:
    """Return the sweep of a request that has no faults."""
    draft, faults = read_sweep(posted)
    assert faults == []
    assert space_faults(draft.parameters, {}) == []
    assert list(constraint_faults(draft.constraints, draft.parameters, {})) == []
    return SweepSpec(
        name="",
        dataset=None,
        seed=7,
        space=Space(draft.parameters, draft.constraints),
        fixed={},
        objective=Objective("cost", "minimize"),
        sampler=draft.sampler,
        scheduler=draft.scheduler,
        early_stopping=None,
        budget=Budget(1),
        rules=CURRENT_RULES,
        trainer="external",
        foreign=Foreign({"cost": "minimize"}),
    )


def posted(space: RandomSpace, kind: str) -> Json:
    options = {"resolution": 3} if kind == "grid" else {}
    return {
        "trainer": "external",
        "metrics": {"cost": "minimize"},
        "space": dict(space.parameters),
        "constraints": space.constraints,
        "sampler": {"kind": kind, **options},
        "budget": {"trials": 1},
    }


def points_of(spec: SweepSpec) -> Sequence[TrialView]:
    """Return the trials of a sweep; for kinds that learn, in rounds, with costs by the number, the worst diverged."""
    kind = SAMPLERS[str(spec.sampler["kind"])]
    count = kind.points(Ask(spec.space, (), spec.seed, spec.rules, spec.fixed, spec.sampler))
    most = DRAWS[kind.need] if count is None else min(count, DRAWS[kind.need])
    history = list[TrialView]()
    batch = BATCH if kind.need is Need.ALL else DRAWS[kind.need]
    for first in range(0, most, batch):
        for trial in draw(spec, None, first, min(batch, most - first), list(history)):
            cost = math.sin(trial.number)
            state, value = (TrialState.DIVERGED, None) if cost > 0.9 else (TrialState.COMPLETED, cost)
            history.append(TrialView(trial.number, trial.params, state, value))
    return history


@pytest.mark.parametrize("kind", SAMPLERS)
@given(space=random_spaces(), seed=st.integers(0, 2**63 - 1))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
def test_points_keep_to_bounds_steps_conditions_and_constraints(kind: str, space: RandomSpace, seed: int) -> None:
    spec = replace(spec_of(posted(space, kind)), seed=seed)
    tried = spec.space.points(uniform(seed, list(spec.space), range(TRIED)).tolist(), {}, spec.rules)
    assume(sum(map(space.admits, tried)) >= FEWEST)
    assume(not list(SAMPLERS[kind].faults(spec.sampler, spec.space, {})))

    trials = points_of(spec)
    assert [trial.number for trial in trials] == list(range(len(trials)))
    assert [found for trial in trials if (found := space.strangeness(trial.params))] == []
    assert json.loads(json.dumps([trial.params for trial in trials])) == [trial.params for trial in trials]


@given(space=random_spaces())
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_space_that_was_stored_is_the_space_that_was_posted(space: RandomSpace) -> None:
    spec = spec_of(posted(space, "random"))
    again = spec_from_json(json.loads(json.dumps(spec_to_json(spec))))
    assert again == spec
    rows = uniform(1, list(spec.space), range(20)).tolist()
    assert again.space.points(rows, {}, spec.rules) == spec.space.points(rows, {}, spec.rules)
