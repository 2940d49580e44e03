"""Routes of access keys."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from app.api.access_rules import needs
from app.api.bodies import read_json
from app.api.dependencies import Cursor, Limit, UseCases
from app.api.documented_route import json_body
from app.api.fields import read_fields
from app.api.strict_route import StrictRoute
from app.domain.access import AccessKey, KeyDraft, Scope
from app.domain.errors import Fault
from app.services.cursors import Page

router = APIRouter(route_class=StrictRoute, prefix="/v1/keys", tags=["access keys"])


def _instant(value: object) -> object:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


class KeyBody(BaseModel):
    """An access key to make."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200)]
    scopes: Annotated[list[Literal["read", "submit", "work", "admin"]], Field(min_length=1, max_length=4)]
    expires_at: Annotated[AwareDatetime | None, BeforeValidator(_instant)] = None


class KeyAnswer(BaseModel):
    """An access key; its secret is not known any more. `last_used_at` may be a minute old after a restart."""

    id: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, key: AccessKey) -> "KeyAnswer":
        """Return the wire form of a key."""
        return cls.model_validate(key, from_attributes=True)


class NewKeyAnswer(KeyAnswer):
    """A key that was just made, with its token, which is shown this once."""

    token: str


@router.post("", status_code=201, openapi_extra=json_body(KeyBody))
@needs(Scope.ADMIN)
async def create_key(request: Request, services: UseCases) -> NewKeyAnswer:
    """Make an access key. Keep its `token`, which cannot be shown again.

    With the first key the server begins to ask for one, so let the first one have the scope `admin`.
    """
    draft, faults = _read(await read_json(request))
    key, token = await run_in_threadpool(services.access.create, draft, faults)
    return NewKeyAnswer(**KeyAnswer.of(key).model_dump(), token=token)


@router.get("")
@needs(Scope.ADMIN)
async def list_keys(services: UseCases, limit: Limit = 50, cursor: Cursor = None) -> Page[KeyAnswer]:
    """List the access keys in the order in which they were made, those that were revoked or have expired included."""
    page = services.access.page(limit, cursor)
    return Page([KeyAnswer.of(one) for one in page.items], page.next)


@router.delete("/{key}", status_code=204)
@needs(Scope.ADMIN)
def revoke_key(key: str, services: UseCases) -> None:
    """Revoke an access key: from now on it opens nothing. Revoking twice is harmless."""
    services.access.revoke(key)


def _read(raw: Any) -> tuple[KeyDraft, list[Fault]]:
    parsed, faults = read_fields(KeyBody, raw)
    scopes = [Scope(one) for one in parsed["scopes"]] if "scopes" in parsed else None
    return KeyDraft(parsed.get("name"), scopes, parsed.get("expires_at")), faults
