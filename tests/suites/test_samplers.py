"""What must hold for every sampler."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.rules import CURRENT_RULES
from app.domain.plan import Need, TrialView
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Space
from app.domain.states import TrialState
from app.samplers import SAMPLERS, Ask
from app.samplers.base import Quantiles

SPACE = Space(
    {
        "learning_rate": FloatParameter(1e-4, 1.0, "log"),
        "batch_size": IntParameter(16, 256, "log"),
        "optimizer": ChoiceParameter(("momentum", "adam")),
    }
)
HISTORY = [
    TrialView(0, {"learning_rate": 0.1, "batch_size": 32, "optimizer": "adam"}, TrialState.COMPLETED, 0.25),
    TrialView(1, {"learning_rate": 0.9, "batch_size": 16, "optimizer": "adam"}, TrialState.DIVERGED, None),
    TrialView(2, {"learning_rate": 0.01, "batch_size": 64, "optimizer": "momentum"}, TrialState.COMPLETED, 0.125),
]
SEEDS = (0, 7, 2**63 - 1)
SPACES = st.dictionaries(st.text(max_size=20), st.just(FloatParameter(0.0, 1.0)), max_size=6).map(Space)

every_sampler = pytest.mark.parametrize("kind", SAMPLERS)
ASK = Ask(SPACE, (), 7, CURRENT_RULES)
endless = pytest.mark.parametrize("kind", [kind for kind, one in SAMPLERS.items() if one.points(ASK) is None])
exhaustible = pytest.mark.parametrize("kind", [kind for kind, one in SAMPLERS.items() if one.points(ASK) is not None])
ahead_of_time = pytest.mark.parametrize("kind", [kind for kind, one in SAMPLERS.items() if one.need is Need.NOTHING])


def proposed(kind: str, space: Space, seed: int, numbers: Sequence[int]) -> Quantiles:
    """Return what a sampler proposes after the history, of which all ended before the first of the numbers."""
    return SAMPLERS[kind].propose(Ask(space, numbers, seed, CURRENT_RULES, options={"kind": kind}, history=HISTORY))


@every_sampler
@pytest.mark.parametrize("seed", SEEDS)
def test_every_parameter_gets_a_quantile_from_0_to_1(kind: str, seed: int) -> None:
    quantiles = proposed(kind, SPACE, seed, [*range(3, 19), 999_999])
    assert quantiles.shape == (17, len(SPACE))
    assert np.all((quantiles >= 0.0) & (quantiles <= 1.0))


@ahead_of_time
@given(SPACES, st.integers(0, 2**63 - 1), st.lists(st.integers(3, 2**53), max_size=40))
def test_many_proposals_at_once_have_the_bits_of_single_ones(
    kind: str, space: Space, seed: int, numbers: list[int]
) -> None:
    single = [proposed(kind, space, seed, [number])[0] for number in numbers]
    assert np.array_equal(proposed(kind, space, seed, numbers), np.reshape(single, (len(numbers), len(space))))


@every_sampler
@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_of_a_batch_have_the_bits_of_the_whole_batch(kind: str, seed: int) -> None:
    whole = proposed(kind, SPACE, seed, range(3, 11))
    assert all(
        np.array_equal(whole[:count], proposed(kind, SPACE, seed, range(3, 3 + count))) for count in (0, 1, 5, 8)
    )


@every_sampler
def test_trials_differ_as_far_as_there_are_points_and_so_do_the_orders_of_seeds(kind: str) -> None:
    batches = [[tuple(row) for row in proposed(kind, SPACE, seed, range(3, 19)).tolist()] for seed in SEEDS]
    assert all(len(set(batch)) == len(batch) for batch in batches)
    assert len(set(map(tuple, batches))) == len(SEEDS)


@endless
def test_seeds_have_no_trial_in_common_where_points_never_end(kind: str) -> None:
    rows = [tuple(row) for seed in SEEDS for row in proposed(kind, SPACE, seed, range(3, 19)).tolist()]
    assert len(set(rows)) == len(rows)


@exhaustible
def test_the_points_of_a_kind_that_ends_come_once_each_and_then_again_in_the_same_order(kind: str) -> None:
    count = SAMPLERS[kind].points(ASK)
    assert count
    rows = proposed(kind, SPACE, 7, range(2 * count))
    assert len(np.unique(rows, axis=0)) == count
    assert np.array_equal(rows[:count], rows[count:])


@every_sampler
def test_a_space_without_parameters_gets_no_quantiles(kind: str) -> None:
    assert SAMPLERS[kind].propose(Ask(Space({}), range(3), 7, CURRENT_RULES)).shape == (3, 0)


@every_sampler
def test_a_sampler_that_needs_nothing_ignores_history(kind: str) -> None:
    sampler, ask = SAMPLERS[kind], Ask(SPACE, [3], 7, CURRENT_RULES)
    alike = np.array_equal(sampler.propose(ask), sampler.propose(replace(ask, history=HISTORY)))
    assert alike or sampler.need is not Need.NOTHING


@every_sampler
def test_a_strange_option_is_a_fault_at_its_place_and_defaults_have_none(kind: str) -> None:
    assert not list(SAMPLERS[kind].faults({"kind": kind}, SPACE, {}))
    strange = SAMPLERS[kind].faults({"kind": kind, "strange": 1}, SPACE, {})
    assert [fault.pointer for fault in strange] == ["/sampler/strange"]
