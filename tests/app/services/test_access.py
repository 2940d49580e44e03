"""Access keys as use cases: made, found again by their tokens, revoked, and written down when they are used."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.domain.access import ANYONE, KeyDraft, Scope
from app.domain.errors import InvalidRequest, NotFound, Unauthenticated
from app.services.access import USED_EVERY, Access
from app.services.clock import Clock
from app.storage import FILE, SqliteStorage, Storage
from tests.app.storage.new_database import put_new_database
from tests.app.storage.simple_policy import SimplePolicy


class Hand:
    """The hand of a clock, which a test moves."""

    at = 1_767_225_600.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def hand() -> Hand:
    """The hand of the clock of the use cases."""
    return Hand()


@pytest.fixture
def clock(hand: Hand) -> Clock:
    """The clock of the use cases."""
    return Clock(hand, hand)


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    """A storage without keys."""
    opened = SqliteStorage(put_new_database(tmp_path), SimplePolicy())
    yield opened
    opened.close()


@pytest.fixture
def access(storage: Storage, clock: Clock) -> Access:
    """The use cases."""
    return Access(storage, clock, os.urandom)


def test_a_key_expires_while_the_machine_sleeps_and_stays_so_when_its_time_is_set_back(storage: Storage) -> None:
    wall, counted = Hand(), Hand()
    clock = Clock(wall, counted)
    access = Access(storage, clock, os.urandom)
    _, token = access.create(KeyDraft("short", [Scope.READ], clock.now() + timedelta(days=1)))
    key = access.identify(token)
    wall.at += timedelta(days=2).total_seconds()  # no monotonic clock counts the sleep
    assert not access.still_opens(key)
    with pytest.raises(Unauthenticated, match="expired"):
        access.identify(token)
    counted.at += timedelta(days=2).total_seconds()
    wall.at -= timedelta(days=9).total_seconds()
    with pytest.raises(Unauthenticated, match="expired"):
        access.identify(token)


def test_a_key_is_known_by_its_token_after_a_restart_too(access: Access, storage: Storage, clock: Clock) -> None:
    assert not access.guarded
    key, token = access.create(KeyDraft("mine", [Scope.READ, Scope.READ]))
    for one in (access, Access(storage, clock, os.urandom)):
        assert one.guarded
        assert one.identify(token) == key


def test_the_secret_is_stored_nowhere(access: Access, tmp_path: Path) -> None:
    _, token = access.create(KeyDraft("mine", [Scope.READ]))
    secret = token.rpartition("_")[2].encode()
    stored = [file for file in tmp_path.iterdir() if file.name.startswith(FILE)]
    assert any(b"mine" in file.read_bytes() for file in stored)
    assert not any(secret in file.read_bytes() for file in stored)


def test_a_wrong_secret_an_unknown_key_and_no_key_are_refused(access: Access) -> None:
    _, mine = access.create(KeyDraft("mine", [Scope.READ]))
    _, other = access.create(KeyDraft("other", [Scope.READ]))
    mixed = mine.rpartition("_")[0] + "_" + other.rpartition("_")[2]
    for wrong in (None, "", "lsk_", mixed, mine.replace("lsk_0", "lsk_1")):
        with pytest.raises(Unauthenticated):
            access.identify(wrong)


def test_a_revoked_key_opens_nothing_and_the_server_stays_guarded(access: Access) -> None:
    assert access.still_opens(ANYONE)
    key, token = access.create(KeyDraft("mine", [Scope.ADMIN]))
    assert access.still_opens(key)
    assert not access.still_opens(ANYONE)
    access.revoke(key.id)
    access.revoke(key.id)
    assert not access.still_opens(key)
    with pytest.raises(Unauthenticated, match="is revoked"):
        access.identify(token)
    assert access.guarded
    with pytest.raises(NotFound, match="key_9"):
        access.revoke("key_9")


def test_a_key_expires_when_it_was_said_to(access: Access, clock: Clock, hand: Hand) -> None:
    until = clock.now() + timedelta(days=1)
    _, token = access.create(KeyDraft("mine", [Scope.READ], until))
    access.identify(token)
    hand.at += 86_400
    with pytest.raises(Unauthenticated, match="is expired"):
        access.identify(token)
    with pytest.raises(InvalidRequest, match="already"):
        access.create(KeyDraft("late", [Scope.READ], until))


def test_a_key_for_children_guards_nothing_and_is_in_no_list(access: Access, storage: Storage) -> None:
    token = access.create_unkept("workers of this server", Scope.WORK)
    assert not access.guarded
    assert access.identify(token).allows([Scope.WORK])
    assert access.every() == []
    assert storage.access_keys() == []


def test_a_use_is_shown_at_once_and_written_once_a_minute(
    access: Access, storage: Storage, clock: Clock, hand: Hand
) -> None:
    _, token = access.create(KeyDraft("mine", [Scope.READ]))
    first = clock.now()
    access.identify(token)
    access.write_uses()
    hand.at += USED_EVERY.total_seconds() / 2
    access.identify(token)
    access.write_uses()
    assert [one.last_used_at for one in access.every()] == [clock.now()]
    assert [one.key.last_used_at for one in storage.access_keys()] == [first]
    hand.at += USED_EVERY.total_seconds()
    access.identify(token)
    access.write_uses()
    assert [one.key.last_used_at for one in storage.access_keys()] == [clock.now()]


def test_keys_are_listed_by_their_ids_wherever_the_clock_was_set_back(access: Access, hand: Hand) -> None:
    made = []
    for name in ("a", "b", "c", "d"):
        made.append(access.create(KeyDraft(name, [Scope.READ]))[0].id)
        hand.at -= 1
    pages, cursor = list[str](), None
    for _ in range(4):
        page = access.page(1, cursor)
        pages += [one.id for one in page.items]
        cursor = page.next
    assert cursor is None
    assert pages == [one.id for one in access.every()] == made[::-1]


def test_keys_are_listed_in_pages_in_the_order_in_which_they_were_made(access: Access, hand: Hand) -> None:
    made = []
    for name in ("a", "b", "c"):
        made.append(access.create(KeyDraft(name, [Scope.READ]))[0])
        hand.at += 1
    first = access.page(2, None)
    rest = access.page(2, first.next)
    assert [*first.items, *rest.items] == made
    assert rest.next is None
