"""What every storage must do with quotas: what counts against them, and that nothing goes beyond one."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from app.domain.access import AccessKey, Scope, StoredKey
from app.domain.errors import Forbidden, NotFound, OverQuota
from app.domain.plan import Draw, Drawn, Inheritance
from app.domain.quotas import MOST_COUNTED, Asked, Largest, Quotas, Usage
from app.domain.repeats import Once
from app.domain.sweeps import Budget, Labels, NewSweep, SweepChanges, SweepFilter
from app.storage import Storage
from tests.app.storage.world import DATASET, START, SWEEP, UPLOAD, claim, drawn, end, finish, make, spec

ADA, BOB = "key_1", "key_2"
LARGEST = Largest(epochs=4, model_bytes=10)


def add_key(storage: Storage, key: str = ADA, **quotas: int) -> None:
    made = AccessKey(key, f"the key {key}", [Scope.SUBMIT], START, quotas=Quotas(**quotas))
    storage.add_access_keys([StoredKey(made, key[-1] * 64)])


def usage(storage: Storage, key: str = ADA) -> Usage:
    return storage.key_usages([key])[key]


def begin(storage: Storage, trials: int, sweep: str = SWEEP, *, owner: str = ADA, once: Once | None = None) -> None:
    storage.add_dataset(DATASET, b"content", UPLOAD)
    whole = spec(trials)
    new = NewSweep(whole, Labels(whole.name), {}, DATASET, {"dev_error": "minimize"})
    storage.create_sweep(sweep, new, START, once, Asked(owner, LARGEST))


def draw(storage: Storage, trials: list[Drawn]) -> None:
    assert make(storage, Draw(trials, 0, "drawn"))


def give(storage: Storage, trials: int, owner: str = ADA) -> None:
    storage.change_sweep(SWEEP, SweepChanges(budget=Budget(trials)), reopen=True, asked=Asked(owner))


def names(storage: Storage) -> list[str]:
    return [sweep.id for sweep in storage.sweeps(SweepFilter(), None, 99)]


def test_quotas_come_back_and_are_changed(storage: Storage) -> None:
    add_key(storage, sweeps=3, bytes=2**40)
    assert [one.key.quotas for one in storage.access_keys()] == [Quotas(sweeps=3, bytes=2**40)]
    storage.limit_access_key(ADA, Quotas(trials=0))
    assert [one.key.quotas for one in storage.access_keys()] == [Quotas(trials=0)]
    with pytest.raises(NotFound, match="key_9"):
        storage.limit_access_key("key_9", Quotas())


def test_an_open_sweep_counts_by_its_budget_and_an_ended_one_by_what_it_came_to(storage: Storage) -> None:
    add_key(storage)
    begin(storage, 5)
    assert usage(storage) == Usage(1, 5, 20, 30)  # three models are kept
    draw(storage, drawn(0, 3))
    for lease in [one.lease for one in claim(storage, slots=2).claimed]:
        finish(storage, lease, weights=b"seven b")
    end(storage)
    assert usage(storage) == Usage(1, 2, 8, 7)
    give(storage, 6)
    assert usage(storage) == Usage(1, 6, 24, 30)


def test_deleting_gives_back_sweeps_and_bytes_but_no_trials_and_epochs(storage: Storage) -> None:
    add_key(storage)
    begin(storage, 2)
    draw(storage, drawn(0, 2))
    for lease in [one.lease for one in claim(storage, slots=2).claimed]:
        finish(storage, lease, weights=b"seven b")
    end(storage)
    storage.delete_sweep(SWEEP)
    assert usage(storage) == Usage(0, 2, 8, 0)
    begin(storage, 1)
    assert usage(storage) == Usage(1, 3, 12, 10)


def test_a_sweep_that_is_cancelled_at_once_costs_nothing(storage: Storage) -> None:
    add_key(storage)
    begin(storage, 9)
    draw(storage, drawn(0, 9))
    storage.cancel_sweep(SWEEP, keep=False, now=START)
    assert usage(storage) == Usage(sweeps=1)


def test_a_trial_that_was_begun_counts_although_it_is_cancelled(storage: Storage) -> None:
    add_key(storage)
    begin(storage, 9)
    draw(storage, drawn(0, 9))
    claim(storage, slots=2)
    storage.cancel_sweep(SWEEP, keep=False, now=START)
    assert usage(storage) == Usage(1, 2, 0, 0)


def test_more_than_a_number_holds_counts_as_the_most_that_is_counted(storage: Storage) -> None:
    add_key(storage)
    storage.add_dataset(DATASET, b"content", UPLOAD)
    endless = replace(spec(2), budget=Budget(2, epochs=2**63 - 1))
    for number in range(1, 4):
        new = NewSweep(endless, Labels("endless"), {}, DATASET, {"dev_error": "minimize"})
        storage.create_sweep(f"swp_{number}", new, START, None, Asked(ADA, Largest(2**62, 2**62)))
    assert usage(storage) == Usage(3, 6, 3 * MOST_COUNTED, 3 * MOST_COUNTED)
    storage.enqueue_points(SWEEP, [{"l2": 0.5}], START, None, Asked(ADA))
    assert usage(storage) == Usage(3, 7, 3 * MOST_COUNTED, 3 * MOST_COUNTED)


def test_the_usages_of_many_keys_are_those_of_each(storage: Storage) -> None:
    for key in (ADA, BOB):
        add_key(storage, key)
    begin(storage, 2)
    begin(storage, 1, "swp_2")
    begin(storage, 4, "swp_3", owner=BOB)
    found = storage.key_usages([ADA, "key_9", BOB])
    assert found == {ADA: Usage(2, 3, 12, 30), "key_9": Usage(), BOB: Usage(1, 4, 16, 30)}


def test_an_heir_counts_with_its_own_epochs_alone(storage: Storage) -> None:
    add_key(storage)
    begin(storage, 2)
    draw(storage, drawn(0, 1))
    (first,) = claim(storage).claimed
    finish(storage, first.lease)
    draw(storage, [replace(drawn(1, 1)[0], inherits=Inheritance(0, 2))])
    storage.cancel_sweep(SWEEP, keep=False, now=START)
    assert usage(storage) == Usage(1, 1, 4, 0)


def test_a_quota_is_reached_and_never_gone_beyond(storage: Storage) -> None:
    add_key(storage, sweeps=2, trials=10, epochs=44)
    begin(storage, 4)
    with pytest.raises(OverQuota) as refused:
        begin(storage, 8, "swp_2")
    assert [fault.pointer for fault in refused.value.faults] == ["/budget/trials", "/budget/epochs"]
    begin(storage, 6, "swp_2")
    with pytest.raises(OverQuota, match="may have 2 sweeps at a time"):
        storage.create_sweep(
            "swp_3", NewSweep(spec(0), Labels("x"), {}, DATASET, {"dev_error": "minimize"}), START, None, Asked(ADA)
        )
    assert names(storage) == ["swp_2", "swp_1"]
    assert usage(storage) == Usage(2, 10, 40, 60)


def test_of_many_that_come_at_once_no_more_get_in_than_there_are_places(storage: Storage) -> None:
    add_key(storage, sweeps=3)
    storage.add_dataset(DATASET, b"content", UPLOAD)

    def came_in(number: int) -> bool:
        try:
            begin(storage, 1, f"swp_{number}")
        except OverQuota:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(came_in, range(32))) == 3
    assert len(names(storage)) == usage(storage).sweeps == 3


def test_more_budget_and_points_count_against_the_key_that_made_the_sweep(storage: Storage) -> None:
    add_key(storage, trials=4)
    add_key(storage, BOB)
    begin(storage, 2)
    for owner in (ADA, BOB, ""):
        with pytest.raises(OverQuota, match="would make it 5"):
            give(storage, 5, owner)
    storage.enqueue_points(SWEEP, [{"l2": 0.25}], START, None, Asked(BOB, Largest(9, 0)))
    assert (usage(storage), usage(storage, BOB)) == (Usage(1, 3, 27, 30), Usage())
    with pytest.raises(OverQuota):
        storage.enqueue_points(SWEEP, [{"l2": 0.5}, {"l2": 0.75}], START, None, Asked(ADA))
    assert storage.sweep(SWEEP).spec.budget.trials == 3


def test_a_change_that_counts_as_more_is_refused_whatever_it_is_called(storage: Storage) -> None:
    add_key(storage, trials=4)
    add_key(storage, BOB, sweeps=9)
    begin(storage, 2)
    for trials, owner, refusal in ((5, ADA, OverQuota), (3, BOB, Forbidden)):
        with pytest.raises(refusal):
            storage.change_sweep(SWEEP, SweepChanges(budget=Budget(trials)), reopen=False, asked=Asked(owner))
    bounded = SweepChanges(budget=Budget(2, epochs=2**63 - 1))
    storage.change_sweep(SWEEP, bounded, reopen=False, asked=Asked(BOB))
    assert usage(storage) == Usage(1, 2, 8, 20)


def test_a_key_with_quotas_does_not_use_those_of_others(storage: Storage) -> None:
    add_key(storage)
    add_key(storage, BOB, trials=1)
    begin(storage, 2)
    for extend in (
        lambda: give(storage, 3, BOB),
        lambda: storage.enqueue_points(SWEEP, [{"l2": 0.25}], START, None, Asked(BOB)),
    ):
        with pytest.raises(Forbidden, match="has quotas, so it can give more only to sweeps that it made"):
            extend()
    less = SweepChanges(name="other", budget=Budget(1))
    storage.change_sweep(SWEEP, less, reopen=False, asked=Asked(BOB))
    assert usage(storage) == Usage(1, 1, 4, 10)


def test_less_is_never_refused_where_a_quota_was_made_smaller(storage: Storage) -> None:
    add_key(storage)
    begin(storage, 8)
    storage.limit_access_key(ADA, Quotas(trials=1))
    storage.change_sweep(SWEEP, SweepChanges(budget=Budget(4)), reopen=False, asked=Asked(ADA))
    with pytest.raises(OverQuota, match="4 are used or promised to open sweeps, and this would make it 5"):
        give(storage, 5)


def test_the_same_request_is_answered_again_beyond_the_quota(storage: Storage) -> None:
    add_key(storage, sweeps=1)
    once = Once(ADA, "k1", "0" * 64)
    begin(storage, 1, once=once)
    begin(storage, 1, "swp_2", once=once)
    assert names(storage) == [SWEEP]


def test_bytes_are_those_of_uploads_as_long_as_a_sweep_of_the_key_has_them(storage: Storage) -> None:
    add_key(storage, bytes=47)
    assert storage.add_dataset(DATASET, b"content", UPLOAD, ADA)
    assert not storage.add_dataset(DATASET, b"content", UPLOAD, ADA)
    assert storage.add_dataset(replace(DATASET, name="snow"), b"content", UPLOAD, ADA)
    assert usage(storage).bytes == 7
    begin(storage, 3)
    assert usage(storage).bytes == 37
    other = replace(DATASET, name="hail", sha256=sha256(b"other contents").hexdigest())
    with pytest.raises(OverQuota, match="may store 47 bytes; 37 are stored"):
        storage.add_dataset(other, b"other contents", UPLOAD, ADA)
    storage.cancel_sweep(SWEEP, keep=False, now=START)
    for name in ("rain", "snow"):
        storage.remove_dataset(name)
    assert usage(storage).bytes == 7
    storage.delete_sweep(SWEEP)
    assert usage(storage).bytes == 0
    assert storage.add_dataset(other, b"other contents", UPLOAD, ADA)


def test_the_content_of_a_data_set_that_is_deleted_counts_for_who_has_a_sweep_on_it(storage: Storage) -> None:
    for key in (ADA, BOB):
        add_key(storage, key)
    storage.add_dataset(DATASET, b"content", UPLOAD, ADA)
    begin(storage, 1, owner=BOB)
    storage.cancel_sweep(SWEEP, keep=False, now=START)
    assert (usage(storage), usage(storage, BOB)) == (Usage(bytes=7), Usage(sweeps=1))
    storage.remove_dataset(DATASET.name)
    assert (usage(storage), usage(storage, BOB)) == (Usage(), Usage(sweeps=1, bytes=7))
    storage.delete_sweep(SWEEP)
    assert usage(storage, BOB) == Usage()


def test_what_is_refused_leaves_no_bytes(storage: Storage) -> None:
    add_key(storage, bytes=5 << 19)
    content = bytes(3 << 20)
    large = replace(DATASET, sha256=sha256(content).hexdigest())
    with pytest.raises(OverQuota):
        storage.add_dataset(large, content, UPLOAD, ADA)
    with pytest.raises(OverQuota):  # whose size is not known before
        storage.add_dataset(large, iter([content]), UPLOAD, ADA)  # type: ignore[arg-type]  # as the storage may take it
    assert usage(storage).bytes == 0
    assert storage.artifact_size(large.sha256) is None
    while storage.clear_artifacts(START + timedelta(hours=2)):
        pass
    assert storage.datasets("", 9) == []


def test_what_nobody_made_counts_for_nobody(storage: Storage) -> None:
    add_key(storage, sweeps=0, trials=0, epochs=0, bytes=0)
    begin(storage, 8, owner="")
    assert usage(storage) == Usage()
