"""Routes of access keys."""

from datetime import datetime
from typing import Annotated, Any, Literal, final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from starlette.routing import Match
from starlette.types import Scope as Connection

from app.api.access_rules import caller_of, needs
from app.api.bodies import read_json
from app.api.dependencies import Cursor, Limit, UseCases
from app.api.documented_route import json_body
from app.api.fields import read_fields
from app.api.once import CountsOnce
from app.api.strict_route import StrictRoute
from app.domain.access import ANYONE, AccessKey, KeyDraft, Scope
from app.domain.errors import Conflict, Fault
from app.domain.quotas import NOTHING, Quotas, Usage
from app.domain.values import LARGEST_WHOLE, whole
from app.services.cursors import Page


@final
class _KeyRoute(StrictRoute):
    """A route of keys. No key has the id `current`: at that address there are no methods but its own."""

    def matches(self, scope: Connection) -> tuple[Match, Connection]:
        """Return whether a request is one of this route."""
        found, matched = super().matches(scope)
        if matched.get("path_params", {}).get("key") == "current":
            return Match.NONE, {}
        return found, matched


router = APIRouter(route_class=_KeyRoute, prefix="/v1/keys", tags=["access keys"])


def _instant(value: object) -> object:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


Most = Annotated[int, BeforeValidator(whole), Field(ge=0, le=LARGEST_WHOLE)]


class QuotasBody(BaseModel):
    """The most that a key may have at a time of sweeps and bytes, and use of trials and epochs; null is no limit."""

    model_config = ConfigDict(extra="forbid")

    sweeps: Most | None = None
    trials: Most | None = None
    epochs: Most | None = None
    bytes: Most | None = None


class KeyBody(BaseModel):
    """An access key to make."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200)]
    scopes: Annotated[list[Literal["read", "submit", "work", "admin"]], Field(min_length=1, max_length=4)]
    expires_at: Annotated[AwareDatetime | None, BeforeValidator(_instant)] = None
    quotas: QuotasBody | None = None


class KeyChangesBody(BaseModel):
    """What to change about an access key: those quotas that are named."""

    model_config = ConfigDict(extra="forbid")

    quotas: QuotasBody


class QuotasAnswer(BaseModel):
    """The quotas of an access key; null is no limit."""

    sweeps: int | None
    trials: int | None
    epochs: int | None
    bytes: int | None


class UsedAnswer(BaseModel):
    """What counts against the quotas of an access key: sweeps and bytes that are there, trials and epochs ever used."""

    sweeps: int
    trials: int
    epochs: int
    bytes: int


class KeyAnswer(BaseModel):
    """An access key; its secret is not known any more. `last_used_at` may be a minute old after a restart."""

    id: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    quotas: QuotasAnswer
    used: UsedAnswer

    @classmethod
    def of(cls, key: AccessKey, used: Usage = NOTHING) -> "KeyAnswer":
        """Return the wire form of a key, and of what counts against its quotas."""
        shown = {name: getattr(key, name) for name in cls.model_fields if name != "used"}
        return cls.model_validate({**shown, "used": used}, from_attributes=True)


class NewKeyAnswer(KeyAnswer):
    """A key that was just made, with its token, which is shown this once."""

    token: str


@router.post("", status_code=201, openapi_extra=json_body(KeyBody))
@needs(Scope.ADMIN)
async def create_key(request: Request, services: UseCases, once: CountsOnce) -> NewKeyAnswer:
    """Make an access key. Keep its `token`, which cannot be shown again.

    With the first key the server begins to ask for one, so let the first one have the scope `admin`. The same request
    with its `Idempotency-Key` makes no other key within a day: it is refused with 409, which names the key that was
    made, so that one whose answer was lost can be revoked.
    """
    draft, faults = _read(await read_json(request))
    key, token = await run_in_threadpool(services.access.create, draft, faults, once)
    return NewKeyAnswer(**KeyAnswer.of(key).model_dump(), token=token)


@router.patch("/{key}", openapi_extra=json_body(KeyChangesBody))
@needs(Scope.ADMIN)
async def change_key(key: str, request: Request, services: UseCases) -> KeyAnswer:
    """Change quotas of an access key: those that are named, null to take one away. What is used already stays used."""
    raw = await read_json(request)
    parsed, faults = read_fields(KeyChangesBody, raw)
    quotas = parsed.get("quotas", {})
    named = {kind: quotas[kind] for kind in quotas if kind in raw["quotas"]}
    changed = await run_in_threadpool(services.access.limit, key, named, faults)
    (used,) = await run_in_threadpool(services.access.usages, [changed])
    return KeyAnswer.of(changed, used)


@router.get("/current")
@needs(Scope.READ, Scope.WORK)
def get_current_key(request: Request, services: UseCases) -> KeyAnswer:
    """Show the access key that this request came with, and what counts against its quotas."""
    if (key := caller_of(request.scope)) is ANYONE:
        raise Conflict("This server asks for no key, so the request came without one.")
    (used,) = services.access.usages([key])
    return KeyAnswer.of(key, used)


@router.get("")
@needs(Scope.ADMIN)
def list_keys(services: UseCases, limit: Limit = 50, cursor: Cursor = None) -> Page[KeyAnswer]:
    """List the access keys in the order in which they were made, those that were revoked or have expired included."""
    page = services.access.page(limit, cursor)
    used = services.access.usages(page.items)
    return Page([KeyAnswer.of(*one) for one in zip(page.items, used, strict=True)], page.next)


@router.delete("/{key}", status_code=204)
@needs(Scope.ADMIN)
def revoke_key(key: str, services: UseCases) -> None:
    """Revoke an access key: from now on it opens nothing. Revoking twice is harmless."""
    services.access.revoke(key)


def _read(raw: Any) -> tuple[KeyDraft, list[Fault]]:
    parsed, faults = read_fields(KeyBody, raw)
    scopes = [Scope(one) for one in parsed["scopes"]] if "scopes" in parsed else None
    quotas = Quotas(**(parsed.get("quotas") or {}))
    return KeyDraft(parsed.get("name"), scopes, parsed.get("expires_at"), quotas), faults
