"""Tests of the weights that are kept: exactly those of the best k trials."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.trials import KeptModel
from app.storage import Storage
from tests.app.storage.world import START as NOW
from tests.app.storage.world import (
    SWEEP,
    add_sweep,
    claim,
    drawn,
    finish,
)
from tests.app.storage.world import result as completed

values = st.lists(st.sampled_from([0.0, 0.125, 0.25, 0.5]), min_size=1, max_size=12)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(values=values, data=st.data())
def test_in_any_order_and_grouping_exactly_the_best_by_value_and_number_are_kept(
    storage: Storage, values: list[float], data: st.DataObject
) -> None:
    number = len(storage.sweeps(None, 500))
    sweep = f"swp_{number:04}"
    add_sweep(storage, drawn(0, len(values)), sweep=sweep, keep_models=3)
    leases = [item.lease for item in claim(storage, slots=len(values)).claimed]
    order = data.draw(st.permutations(leases))
    size = data.draw(st.integers(1, 4))
    for start in range(0, len(order), size):
        group = order[start : start + size]
        items = [completed(lease, values[lease.trial]) for lease in group]
        limits = storage.finish(items, {lease: b"%d" % lease.trial for lease in group}, [], NOW).keep_below
    ranked = sorted(range(len(values)), key=lambda trial: (values[trial], trial))
    kept = [trial for trial in range(len(values)) if storage.model(sweep, trial) is not None]
    assert kept == sorted(ranked[:3])
    assert all(storage.model(sweep, trial) == KeptModel(b"%d" % trial, {}) for trial in kept)
    assert limits == ({sweep: values[ranked[2]]} if len(values) >= 3 else {})


def test_a_claim_tells_the_limit_only_once_all_places_are_taken(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 6), keep_models=2)
    first, second, third = (item.lease for item in claim(storage, slots=3).claimed)
    assert finish(storage, first, 0.5, b"1111").keep_below == {}
    assert claim(storage).keep_below == {}
    assert finish(storage, second, 0.25, b"2222").keep_below == {SWEEP: 0.5}
    assert claim(storage).keep_below == {SWEEP: 0.5}
    assert finish(storage, third, 0.125, b"3333").keep_below == {SWEEP: 0.25}
    assert storage.model(SWEEP, first.trial) is None


def test_weights_without_a_value_are_not_kept(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    (claimed,) = claim(storage).claimed
    finish(storage, claimed.lease, None, b"1234")
    assert storage.model(SWEEP, 0) is None
