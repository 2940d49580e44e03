"""What keys allow, until when, and what is read in the text of a token."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.access import AccessKey, Scope
from app.domain.tokens import hash_of, is_of, make_token

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def key(*scopes: Scope, expires_at: datetime | None = None, revoked_at: datetime | None = None) -> AccessKey:
    return AccessKey("key_1", "mine", scopes, NOW - HOUR, expires_at, revoked_at)


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        (Scope.READ, {Scope.READ}),
        (Scope.SUBMIT, {Scope.SUBMIT, Scope.READ}),
        (Scope.WORK, {Scope.WORK}),
        (Scope.ADMIN, set(Scope)),
    ],
)
def test_a_scope_allows_what_it_stands_for_and_nothing_else(scope: Scope, allowed: set[Scope]) -> None:
    assert {asked for asked in Scope if key(scope).allows([asked])} == allowed


def test_any_of_the_scopes_that_are_asked_for_is_enough() -> None:
    assert key(Scope.WORK).allows([Scope.READ, Scope.WORK])
    assert key(Scope.READ, Scope.WORK).allows([Scope.WORK])
    assert not key(Scope.READ, Scope.WORK).allows([Scope.SUBMIT])


def test_a_key_opens_nothing_from_the_moment_it_expires_or_is_revoked() -> None:
    assert key(Scope.READ).standing(NOW) == "valid"
    assert key(Scope.READ, expires_at=NOW + HOUR).standing(NOW) == "valid"
    assert key(Scope.READ, expires_at=NOW).standing(NOW) == "expired"
    assert key(Scope.READ, expires_at=NOW - HOUR, revoked_at=NOW).standing(NOW) == "revoked"


ID = f"key_{'01abc' * 5}z"


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_a_token_names_its_key_and_has_the_hash_of_its_secret_alone(first: bytes, second: bytes) -> None:
    token = make_token(ID, first)
    assert is_of(token, ID)
    assert (hash_of(token) == hash_of(make_token(ID, second))) == (first == second)


TOKEN = make_token(ID, bytes(32))


@pytest.mark.parametrize("text", ["", "lsk_", TOKEN[:-1], TOKEN + "0", "lsk_é", TOKEN + "_"])
def test_a_text_that_is_no_token_has_another_hash(text: str) -> None:
    assert hash_of(text) != hash_of(TOKEN)


@pytest.mark.parametrize("text", [TOKEN[4:], TOKEN.replace("lsk_", "LSK_"), "_" + TOKEN, f"lsk_{TOKEN}", TOKEN[-53:]])
def test_a_text_with_the_secret_of_a_key_is_no_token_of_it_without_its_name(text: str) -> None:
    assert hash_of(text) == hash_of(TOKEN)
    assert not is_of(text, ID)
