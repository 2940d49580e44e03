"""What must hold for every sampler."""

import pytest

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

every_sampler = pytest.mark.parametrize("kind", SAMPLERS)


@every_sampler
@pytest.mark.parametrize("seed", SEEDS)
def test_every_parameter_gets_a_quantile_from_0_to_below_1(kind: str, seed: int) -> None:
    for number in (*range(200), 999_999):
        quantiles = SAMPLERS[kind].propose(SPACE, seed, number, HISTORY)
        assert quantiles.keys() == set(SPACE)
        assert all(0.0 <= quantile < 1.0 for quantile in quantiles.values())


@every_sampler
@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_arguments_give_the_same_proposal_in_any_order(kind: str, seed: int) -> None:
    forward = [SAMPLERS[kind].propose(SPACE, seed, number, HISTORY) for number in range(20)]
    backward = [SAMPLERS[kind].propose(SPACE, seed, number, HISTORY) for number in reversed(range(20))]
    assert forward == backward[::-1]


@every_sampler
def test_trials_and_seeds_differ(kind: str) -> None:
    proposals = [
        tuple(SAMPLERS[kind].propose(SPACE, seed, number, HISTORY).values()) for seed in SEEDS for number in range(50)
    ]
    assert len(set(proposals)) == len(proposals)


@every_sampler
def test_a_space_without_parameters_gets_no_quantiles(kind: str) -> None:
    assert SAMPLERS[kind].propose(Space({}), 7, 0, ()) == {}


@every_sampler
def test_a_sampler_that_needs_nothing_ignores_history(kind: str) -> None:
    sampler = SAMPLERS[kind]
    alike = sampler.propose(SPACE, 7, 3, HISTORY) == sampler.propose(SPACE, 7, 3, ())
    assert alike or sampler.need is not Need.NOTHING


@every_sampler
def test_a_strange_option_is_a_fault_at_its_place_and_defaults_have_none(kind: str) -> None:
    assert not list(SAMPLERS[kind].faults({"kind": kind}))
    assert [fault.pointer for fault in SAMPLERS[kind].faults({"kind": kind, "strange": 1})] == ["/sampler/strange"]
