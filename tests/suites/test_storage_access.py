"""What every storage must do with access keys, and with whose each worker is: no SQL."""

from datetime import timedelta

import pytest

from app.domain.access import AccessKey, Scope, StoredKey
from app.domain.errors import NotFound
from app.storage import Storage
from tests.app.storage.world import START, add_sweep, claim, drawn, finish

HOUR = timedelta(hours=1)


def stored(number: int, **times: object) -> StoredKey:
    key = AccessKey(f"key_{number}", "Ada's", [Scope.READ, Scope.WORK], START, **times)  # type: ignore[arg-type] # times
    return StoredKey(key, f"{number}" * 64)


def test_keys_come_back_as_they_were_made_in_the_order_of_their_ids(storage: Storage) -> None:
    keys = [stored(2), stored(1, expires_at=START + HOUR)]
    storage.add_access_keys(keys)
    assert storage.access_keys() == keys[::-1]


def test_keys_that_are_made_together_are_made_all_or_none(storage: Storage) -> None:
    storage.add_access_keys([stored(1)])
    with pytest.raises(Exception, match=r"(?i)unique"):
        storage.add_access_keys([stored(2), stored(1)])
    assert storage.access_keys() == [stored(1)]


def test_a_key_is_revoked_once_and_stays(storage: Storage) -> None:
    storage.add_access_keys([stored(1), stored(2)])
    assert [storage.revoke_access_key("key_1", START + hours * HOUR) for hours in (1, 2)] == [START + HOUR] * 2
    assert [one.key.revoked_at for one in storage.access_keys()] == [START + HOUR, None]
    with pytest.raises(NotFound, match="key_9"):
        storage.revoke_access_key("key_9", START)


def test_uses_are_written_down_by_key(storage: Storage) -> None:
    storage.add_access_keys([stored(1), stored(2)])
    storage.note_key_uses({"key_2": START + HOUR, "key_9": START})
    assert [one.key.last_used_at for one in storage.access_keys()] == [None, START + HOUR]


def test_a_worker_is_of_one_key_and_forgotten_when_it_holds_nothing(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 4))
    (first,) = claim(storage, "w1", owner="key_1").claimed
    (second,) = claim(storage, "w2", owner="key_1").claimed
    finish(storage, first.lease)
    claim(storage, "w1", owner="key_2")
    assert storage.worker_owners() == {"w1": "key_2", "w2": "key_1"}
    finish(storage, second.lease, worker="w2")
    storage.forget_idle_owners()
    assert storage.worker_owners() == {"w1": "key_2"}


def test_a_claim_that_gets_nothing_leaves_no_owner(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    claim(storage, "w1", owner="key_1")
    claim(storage, "w2", owner="key_1")
    assert storage.worker_owners() == {"w1": "key_1"}
