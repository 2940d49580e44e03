"""What every storage must do with what an ensemble is chosen from, and with what was chosen: no SQL."""

from collections.abc import Callable
from hashlib import sha256

import pytest

from app.domain.ensembles import ChosenEnsemble, Member, PoolEntry
from app.domain.errors import NotFound
from app.storage import Storage
from tests.app.storage.world import SWEEP, add_sweep, claim, drawn, finish


def test_the_pool_has_the_kept_models_of_final_trials_best_first(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 4), keep_models=2)
    for one, value in zip(claim(storage, slots=3).claimed, (0.25, 0.5, 0.125), strict=True):
        finish(storage, one.lease, value, f"{one.trial}".encode())
    assert storage.pool(SWEEP) == [PoolEntry(number, sha256(f"{number}".encode()).hexdigest(), 1) for number in (2, 0)]


def test_an_ensemble_comes_back_while_it_is_of_the_same_models_and_a_new_one_takes_its_place(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    first = ChosenEnsemble([Member(3, 2), Member(1, 1)], 50, 128, {"dev_error": 0.125, "test_auc": None})
    second = ChosenEnsemble([Member(1, 1)], 10, 0, {})
    storage.store_ensemble(SWEEP, "greedy", "old", first)
    storage.store_ensemble(SWEEP, "top_3", "old", second)
    assert storage.ensemble(SWEEP, "greedy", "old") == first
    assert storage.ensemble(SWEEP, "greedy", "new") is None
    storage.store_ensemble(SWEEP, "greedy", "new", second)
    assert storage.ensemble(SWEEP, "greedy", "old") is None
    assert storage.ensemble(SWEEP, "greedy", "new") == storage.ensemble(SWEEP, "top_3", "old") == second


@pytest.mark.parametrize(
    "verb",
    [
        lambda storage: storage.pool("swp_9"),
        lambda storage: storage.ensemble("swp_9", "greedy", ""),
        lambda storage: storage.store_ensemble("swp_9", "greedy", "", ChosenEnsemble([], 0, 0, {})),
    ],
)
def test_ensembles_of_an_unknown_sweep_are_not_found(storage: Storage, verb: Callable[[Storage], object]) -> None:
    with pytest.raises(NotFound, match="swp_9"):
        verb(storage)
