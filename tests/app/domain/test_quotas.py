"""Quotas: what an open sweep counts, and what is said where a request goes beyond some of them."""

from dataclasses import replace

import pytest

from app.domain.errors import OverQuota
from app.domain.quotas import MOST_COUNTED, OF_UPLOADS, Counted, Largest, Quotas, Usage, counted_open, require_within
from app.domain.space import Space
from app.domain.sweeps import Budget, Confirmation, Objective, SweepSpec

SPEC = SweepSpec(
    name="s",
    dataset="iris",
    seed=1,
    space=Space({}),
    fixed={},
    objective=Objective("dev_error", "minimize"),
    sampler={"kind": "random"},
    scheduler={"kind": "none"},
    early_stopping=None,
    budget=Budget(8),
    keep_models=10,
    rules=3,
)


def test_an_open_sweep_counts_all_that_its_budget_allows() -> None:
    assert counted_open(SPEC, Largest(5, 100)) == Counted(8, 40, 800)
    assert counted_open(replace(SPEC, keep_models=3, pool=2), Largest(5, 100)) == Counted(8, 40, 300)
    assert counted_open(replace(SPEC, budget=Budget(8, epochs=17)), Largest(5, 0)) == Counted(8, 17, 0)


def test_a_budget_counts_no_more_epochs_than_its_trials_can_take() -> None:
    large = replace(SPEC, budget=Budget(8, epochs=2**63 - 1))
    assert counted_open(large, Largest(5), confirmed=3) == Counted(8, 43, 0)
    assert counted_open(large, Largest(2**62, 2**62)) == Counted(8, MOST_COUNTED, MOST_COUNTED)


def test_replicates_folds_and_confirmations_count() -> None:
    several = replace(SPEC, replicates=2, folds=3)
    assert counted_open(several, Largest(5)).epochs == 8 * 6 * 5
    confirmed = replace(several, confirm=Confirmation(leaders=4, replicates=7))
    assert counted_open(confirmed, Largest(5), confirmed=11).epochs == (8 * 6 + 4 * 7 * 3) * 5 + 11


def test_every_quota_that_is_gone_beyond_is_told_with_its_limit_and_what_is_used() -> None:
    with pytest.raises(OverQuota) as refused:
        require_within("Ada", Quotas(1, 10, None, 99), Usage(1, 8, 5, 90), Usage(2, 16, 10**6, 100))
    assert refused.value.detail == 'This goes beyond 3 quotas of the access key "Ada".'
    assert [fault.pointer for fault in refused.value.faults] == ["", "/budget/trials", ""]
    sweeps, trials, stored = (fault.detail for fault in refused.value.faults)
    assert "may have 1 sweep at a time; 1 is there, and this would make it 2" in sweeps
    assert "may use 10 trials; 8 are used" in trials
    assert "would make it 100" in stored
    assert "keep_models" in stored


def test_the_way_out_of_an_upload_names_no_models_and_says_what_keeps_the_bytes_of_a_data_set() -> None:
    with pytest.raises(OverQuota) as refused:
        require_within("Ada", Quotas(bytes=9), Usage(), Usage(bytes=10), ways=OF_UPLOADS)
    (fault,) = refused.value.faults
    assert "sweeps that were trained on them, as their bytes count until these go too, or have" in fault.detail
    assert "keep_models" not in fault.detail


def test_what_does_not_grow_is_never_refused_and_a_limit_may_be_reached() -> None:
    require_within("Ada", Quotas(1, 1, 1, 1), Usage(5, 5, 5, 5), Usage(5, 5, 4, 5))
    require_within("Ada", Quotas(2, 2, 2, 2), Usage(1, 1, 1, 1), Usage(2, 2, 2, 2))
