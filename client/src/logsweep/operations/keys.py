"""Operations on access keys."""

from collections.abc import Sequence
from datetime import datetime

from logsweep.answers.keys import KeyAnswer, NewKeyAnswer
from logsweep.calls import Call, Page, answer, get, making, nothing, place
from logsweep.requests import QuotaLimits, Scope


def create(
    name: str, scopes: Sequence[Scope], *, expires_at: datetime | None = None, quotas: QuotaLimits | None = None
) -> Call[NewKeyAnswer]:
    """Make an access key; its `token` cannot be shown again. With the first key the server begins to ask for one.

    Raises Conflict, which names the key, if one was made and the answer with its token was lost on the way.
    """
    body = {"name": name, "scopes": list(scopes), "expires_at": expires_at and expires_at.isoformat()}
    return making("/v1/keys", answer(NewKeyAnswer), {**body, "quotas": dict(quotas or {})})


def change(key: str, *, quotas: QuotaLimits) -> Call[KeyAnswer]:
    """Change those quotas of an access key that are named."""
    return Call("PATCH", place("v1", "keys", key), answer(KeyAnswer), json={"quotas": dict(quotas)}, repeatable=True)


def current() -> Call[KeyAnswer]:
    """Return the access key that this client sends, with what is used of its quotas."""
    return get("/v1/keys/current", answer(KeyAnswer))


def page(*, limit: int = 500, cursor: str | None = None) -> Call[Page[KeyAnswer]]:
    """List a page of the access keys, those included that open nothing any more."""
    return get("/v1/keys", answer(Page[KeyAnswer]), limit=limit, cursor=cursor)


def revoke(key: str) -> Call[None]:
    """Let an access key open nothing from now on."""
    return Call("DELETE", place("v1", "keys", key), nothing, repeatable=True)
