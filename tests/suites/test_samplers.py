"""What must hold for every sampler."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.plan import Need, TrialView
from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Space
from app.samplers import SAMPLERS

SPACE = Space(
    {
        "learning_rate": FloatParameter(1e-4, 1.0, "log"),
        "batch_size": IntParameter(16, 256, "log"),
        "optimizer": ChoiceParameter(("momentum", "adam")),
    }
)
HISTORY = [
    TrialView(0, {"learning_rate": 0.1, "batch_size": 32, "optimizer": "adam"}, 0.25),
    TrialView(1, {"learning_rate": 0.9, "batch_size": 16, "optimizer": "adam"}, None),
    TrialView(2, {"learning_rate": 0.01, "batch_size": 64, "optimizer": "momentum"}, 0.125),
]
SEEDS = (0, 7, 2**63 - 1)
SPACES = st.dictionaries(st.text(max_size=20), st.just(FloatParameter(0.0, 1.0)), max_size=6).map(Space)

every_sampler = pytest.mark.parametrize("kind", SAMPLERS)


@every_sampler
@pytest.mark.parametrize("seed", SEEDS)
def test_every_parameter_gets_a_quantile_from_0_to_below_1(kind: str, seed: int) -> None:
    quantiles = SAMPLERS[kind].propose(SPACE, seed, [*range(200), 999_999], HISTORY)
    assert quantiles.shape == (201, len(SPACE))
    assert np.all((quantiles >= 0.0) & (quantiles < 1.0))


@every_sampler
@given(SPACES, st.integers(0, 2**63 - 1), st.lists(st.integers(0, 2**53), max_size=40))
def test_many_proposals_at_once_have_the_bits_of_single_ones(
    kind: str, space: Space, seed: int, numbers: list[int]
) -> None:
    together = SAMPLERS[kind].propose(space, seed, numbers, HISTORY)
    single = [SAMPLERS[kind].propose(space, seed, [number], HISTORY)[0] for number in numbers]
    assert np.array_equal(together, np.reshape(single, (len(numbers), len(space))))


@every_sampler
def test_a_thousand_proposals_at_once_have_the_bits_of_single_ones(kind: str) -> None:
    together = SAMPLERS[kind].propose(SPACE, 7, range(1000), HISTORY)
    single = [SAMPLERS[kind].propose(SPACE, 7, [number], HISTORY)[0] for number in range(1000)]
    assert np.array_equal(together, single)


@every_sampler
def test_trials_and_seeds_differ(kind: str) -> None:
    proposals = [
        tuple(one) for seed in SEEDS for one in SAMPLERS[kind].propose(SPACE, seed, range(50), HISTORY).tolist()
    ]
    assert len(set(proposals)) == len(proposals)


@every_sampler
def test_a_space_without_parameters_gets_no_quantiles(kind: str) -> None:
    assert SAMPLERS[kind].propose(Space({}), 7, range(3), ()).shape == (3, 0)


@every_sampler
def test_a_sampler_that_needs_nothing_ignores_history(kind: str) -> None:
    sampler = SAMPLERS[kind]
    alike = np.array_equal(sampler.propose(SPACE, 7, [3], HISTORY), sampler.propose(SPACE, 7, [3], ()))
    assert alike or sampler.need is not Need.NOTHING


@every_sampler
def test_a_strange_option_is_a_fault_at_its_place_and_defaults_have_none(kind: str) -> None:
    assert not list(SAMPLERS[kind].faults({"kind": kind}))
    assert [fault.pointer for fault in SAMPLERS[kind].faults({"kind": kind, "strange": 1})] == ["/sampler/strange"]
