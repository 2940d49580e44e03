"""Tests of the models that a sweep keeps to choose an ensemble from."""

from dataclasses import replace

from app.domain.drafts import SweepDraft
from app.domain.ensembles import PoolEntry
from app.domain.space import ChoiceParameter
from app.services.pools import POOL, POOL_BYTES, pool_faults, pool_left, pool_of, with_room
from tests.app.storage.world import DATASET

WIDE = replace(DATASET, features=999, outputs=1)
"""A data set on which [w] has 1,000 w + w + 1 weights."""


def draft(pool: int | None = None, *widths: int) -> SweepDraft:
    parameters = {"hidden_units": ChoiceParameter(tuple([width] for width in widths))} if widths else {}
    return SweepDraft({}, pool=pool, parameters=parameters)


def faults(asked: SweepDraft) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.detail) for fault in pool_faults(asked, WIDE)]


def test_a_sweep_keeps_the_pool_that_it_says_and_fifty_models_if_it_says_none() -> None:
    assert pool_of(draft(7), WIDE) == 7
    assert pool_of(draft(0), WIDE) == 0
    assert pool_of(draft(), WIDE) == POOL == 50


def test_the_pool_has_as_many_models_as_there_is_room_for_if_all_are_the_largest() -> None:
    found = pool_of(draft(None, 4, 10_000, 200), WIDE)
    assert found == POOL_BYTES // (4 * (1_000 * 10_000 + 10_001)) == 6
    assert faults(draft(found, 4, 10_000, 200)) == []


def test_a_larger_pool_is_refused_with_the_number_that_there_is_room_for() -> None:
    ((pointer, detail),) = faults(draft(7, 4, 10_000))
    assert pointer == "/pool"
    assert "7 models with 40,040,004 bytes, which the network [10000] takes. Use 6 or fewer" in detail


def test_the_averages_of_batch_norm_count_and_widths_that_cannot_be_are_left_to_other_checks() -> None:
    with_norm = replace(draft(), fixed={"hidden_units": [10_000], "batch_norm": True})
    assert pool_of(with_norm, WIDE) == POOL_BYTES // (4 * (999 * 10_000 + 4 * 10_000 + 10_001))
    assert faults(replace(draft(1_000), fixed={"hidden_units": "wide"})) == []


def test_layers_by_count_take_the_bytes_of_the_widest_network_that_they_allow() -> None:
    deep = replace(draft(), fixed={"hidden_layers": 2, "units": 4_000})
    assert pool_of(deep, WIDE) == POOL_BYTES // (4 * (1_000 * 4_000 + 4_001 * 4_000 + 4_001))


def test_a_space_of_wider_networks_leaves_a_pool_what_there_is_room_for_and_never_raises_it() -> None:
    wide = draft(None, 4, 10_000)
    assert pool_left(50, wide, WIDE) == pool_of(wide, WIDE) == 6
    assert pool_left(3, wide, WIDE) == 3
    assert pool_left(3, draft(), WIDE) == 3
    assert pool_left(0, wide, None) == 0


def test_foreign_trainers_have_no_pool() -> None:
    assert pool_of(draft(), None) == 0


def test_an_ensemble_is_chosen_from_the_best_models_that_there_is_room_for_and_from_one_at_least() -> None:
    half, whole, byte = (PoolEntry(trial, "", size) for trial, size in enumerate((POOL_BYTES // 2, POOL_BYTES, 1)))
    assert with_room([half, half, byte]) == [half, half]
    assert with_room([half, whole, byte]) == [half]
    assert with_room([replace(whole, size=POOL_BYTES + 1), byte]) == [replace(whole, size=POOL_BYTES + 1)]
    assert with_room([]) == []
