"""Access keys over HTTP: made once with a token, listed without it, revoked."""

import httpx
import pytest

from tests.app.api.serving import places


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, ["/name", "/scopes"]),
        ({"name": "", "scopes": []}, ["/name", "/scopes"]),
        ({"name": "mine", "scopes": ["root"]}, ["/scopes/0"]),
        ({"name": "mine", "scopes": ["read"], "expires_at": "2026-01-01T00:00:00"}, ["/expires_at"]),
        ({"name": "mine", "scopes": ["read"], "expires_at": "2001-01-01T00:00:00Z"}, ["/expires_at"]),
        ({"name": "mine", "scopes": ["read"], "expires_at": "tomorrow"}, ["/expires_at"]),
        ({"name": "mine", "scopes": ["read"], "expires_at": 5}, ["/expires_at"]),
        ({"name": "mine", "scopes": ["read"], "admin": True}, ["/admin"]),
    ],
)
def test_every_fault_of_a_key_is_told(shared: httpx.Client, body: dict[str, object], where: list[str]) -> None:
    assert places(shared.post("/v1/keys", json=body)) == where
