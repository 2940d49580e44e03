"""What every storage must do with requests that come again with the key that their sender gave them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.access import AccessKey, Scope, StoredKey
from app.domain.errors import Conflict, InvalidRequest
from app.domain.repeats import KEPT_SECONDS, Made, Once
from app.domain.sweeps import Labels, NewSweep, SweepFilter
from app.storage import Storage
from tests.app.storage.world import DATASET, START, SWEEP, UPLOAD, add_sweep, drawn, spec
from tests.suites.one_sweep import look

ONCE = Once("someone", "k1", "0" * 64)


def begin(storage: Storage, sweep: str, once: Once | None) -> str:
    storage.add_dataset(DATASET, b"content", UPLOAD)
    return storage.create_sweep(sweep, NewSweep(spec(1), Labels("rain"), {}, DATASET, {}), START, once)


def sweeps(storage: Storage) -> list[str]:
    return [sweep.id for sweep in storage.sweeps(SweepFilter(), None, 9)]


def test_the_same_request_makes_one_sweep(storage: Storage) -> None:
    assert storage.made(ONCE) is None
    assert [begin(storage, sweep, ONCE) for sweep in ("swp_a", "swp_b")] == ["swp_a", "swp_a"]
    assert storage.made(ONCE) == Made("swp_a")
    assert sweeps(storage) == ["swp_a"]


@pytest.mark.parametrize("other", [replace(ONCE, key="k2"), replace(ONCE, owner="another"), None])
def test_another_key_and_the_same_key_of_somebody_else_make_another(storage: Storage, other: Once | None) -> None:
    begin(storage, "swp_a", ONCE)
    assert begin(storage, "swp_b", other) == "swp_b"
    assert sweeps(storage) == ["swp_b", "swp_a"]


def test_another_request_with_the_same_key_is_refused_and_makes_nothing(storage: Storage) -> None:
    begin(storage, "swp_a", ONCE)
    other = replace(ONCE, request_sha256="1" * 64)
    with pytest.raises(InvalidRequest, match='Idempotency-Key "k1" came with another request before'):
        begin(storage, "swp_b", other)
    with pytest.raises(InvalidRequest):
        storage.made(other)
    assert sweeps(storage) == ["swp_a"]


def test_the_same_points_are_enqueued_once(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    storage.enqueue_points(SWEEP, [{"l2": 0.25}], START)
    assert [storage.enqueue_points(SWEEP, [{"l2": 0.5}], START, ONCE) for _ in range(2)] == [1, 1]
    assert storage.made(ONCE) == Made(SWEEP, 1)
    assert list(look(storage).points) == [{"l2": 0.25}, {"l2": 0.5}]


def test_a_request_that_is_answered_with_what_was_there_is_known_by_its_key(storage: Storage) -> None:
    begin(storage, "swp_a", None)
    for _ in range(2):
        storage.note_made(ONCE, "swp_a", START)
    assert storage.made(ONCE) == Made("swp_a")
    with pytest.raises(InvalidRequest):
        storage.note_made(replace(ONCE, request_sha256="1" * 64), "swp_a", START)


def test_the_same_request_makes_one_access_key(storage: Storage) -> None:
    keys = [AccessKey(f"key_{number}", "Ada's", [Scope.READ], START) for number in (1, 2)]
    made = [storage.add_access_keys([StoredKey(key, key.id[-1] * 64)], ONCE) for key in keys]
    assert made == ["key_1", "key_1"]
    assert storage.made(ONCE) == Made("key_1")
    assert [one.key.id for one in storage.access_keys()] == ["key_1"]
    with pytest.raises(InvalidRequest):
        storage.add_access_keys([StoredKey(keys[1], "2" * 64)], replace(ONCE, request_sha256="1" * 64))


def test_a_request_that_was_refused_leaves_no_key(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    with pytest.raises(Conflict):
        storage.enqueue_points(SWEEP, [{"l2": 0.5}] * 201, START, ONCE)
    assert storage.made(ONCE) is None


def test_a_key_is_forgotten_after_a_day(storage: Storage) -> None:
    begin(storage, "swp_a", ONCE)
    day = timedelta(seconds=KEPT_SECONDS)
    storage.forget_repeats(START + day)
    assert storage.made(ONCE) is not None
    storage.forget_repeats(START + day + timedelta(seconds=1))
    assert storage.made(ONCE) is None
