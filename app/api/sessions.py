"""Routes by which the dashboard logs in with an access key, and out again; no part of the API's document."""

from contextlib import suppress
from typing import Literal, TypedDict

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict

from app.api.access_rules import CALLER, open_to_all
from app.api.bodies import read_json
from app.api.cookies import cookie_of, name_of
from app.api.dependencies import UseCases
from app.api.fields import read_fields
from app.api.strict_route import StrictRoute
from app.domain.access import Scope
from app.domain.errors import Conflict, InvalidRequest, Unauthenticated
from app.services.services import Services

router = APIRouter(route_class=StrictRoute, prefix="/v1/session", tags=["access keys"], include_in_schema=False)


class LoginBody(BaseModel):
    """Somebody who logs in."""

    model_config = ConfigDict(extra="forbid")

    key: str


class SessionAnswer(BaseModel):
    """Whether the server asks for keys, and whose key the browser has; null where it has none that opens anything."""

    guarded: bool
    name: str | None
    scopes: list[Scope]


@router.get("")
@open_to_all
async def get_session(request: Request, services: UseCases) -> SessionAnswer:
    """Tell who is logged in."""
    try:
        key = services.sessions.identify(cookie_of(request.scope) or "")
    except Unauthenticated:
        return SessionAnswer(guarded=services.access.guarded, name=None, scopes=[])
    return SessionAnswer(guarded=True, name=key.name, scopes=list(key.scopes))


@router.post("", status_code=204)
@open_to_all
async def log_in(request: Request, services: UseCases) -> Response:
    """Log in with a key: the answer has a cookie that no script can read and that other sites' pages do not send."""
    parsed, faults = read_fields(LoginBody, await read_json(request))
    if faults:
        raise InvalidRequest(faults)
    _require_guarded(services)
    secret = services.sessions.open(parsed["key"].strip())
    services.sessions.close(cookie_of(request.scope) or "")  # who logs in again leaves nothing open
    request.scope[CALLER] = services.sessions.identify(secret)
    response = Response(status_code=204)
    response.set_cookie(name_of(request.scope), secret, **_attributes(request))
    return response


@router.delete("", status_code=204)
@open_to_all
async def log_out(request: Request, services: UseCases) -> Response:
    """Log out. Doing it twice is harmless."""
    secret = cookie_of(request.scope) or ""
    with suppress(Unauthenticated):
        request.scope[CALLER] = services.sessions.identify(secret)
    services.sessions.close(secret)
    response = Response(status_code=204)
    response.delete_cookie(name_of(request.scope), **_attributes(request))
    return response


class _Attributes(TypedDict):
    httponly: bool
    samesite: Literal["strict"]
    secure: bool


def _attributes(request: Request) -> _Attributes:
    return {"httponly": True, "samesite": "strict", "secure": request.scope["scheme"] == "https"}


def _require_guarded(services: Services) -> None:
    if not services.access.guarded:
        raise Conflict("This server asks for no key, so there is nothing to log in to.")
