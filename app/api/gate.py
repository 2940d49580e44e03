"""The gate: no request of a guarded server gets further without an access key that opens something."""

from typing import final

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api import problems
from app.api.access_rules import CALLER
from app.api.cookies import cookie_of
from app.domain.access import ANYONE, AccessKey
from app.domain.errors import TooMany, Unauthenticated
from app.services.services import Services

OPEN_PATHS = frozenset({"/", "/docs", "/healthz", "/readyz", "/v1/session"})
"""What is for everyone: whether the service is well, pages that tell nothing before a key is given, and the login."""

OPEN_FOLDER = "/dashboard/"
"""Where the files of these pages are."""

_HEADER, _SCHEME = b"authorization", b"bearer"


@final
class Gate:
    """Middleware that tells whose a request is, and refuses one that is nobody's; routes look at its scopes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its caller, or refuse it."""
        if scope["type"] == "http" and not is_open(scope["path"]):
            try:
                scope[CALLER] = _caller(scope, scope["app"].state.services)
            except (Unauthenticated, TooMany) as error:
                response = await problems.answer(Request(scope, receive), error)
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)


def is_open(path: str) -> bool:
    """Return whether everybody may ask for this path."""
    return path in OPEN_PATHS or path.startswith(OPEN_FOLDER)


def _caller(scope: Scope, services: Services) -> AccessKey:
    """Return the key of a request: by its token, or else by the session of its cookie.

    Raises Unauthenticated; TooMany if the key asks too often.
    """
    if not services.access.guarded:
        return ANYONE
    token = _token(scope)
    if token is None and (session := cookie_of(scope)) is not None:
        key = services.sessions.identify(session)
    else:
        key = services.access.identify(token)
    services.rates.take(key)
    return key


def _token(scope: Scope) -> str | None:
    """Return the token that the header of a request has; None without one. Raises Unauthenticated for other schemes."""
    said = [value for name, value in scope["headers"] if name == _HEADER]
    if not said:
        return None
    scheme, _, token = said[0].partition(b" ")
    if len(said) > 1 or scheme.lower() != _SCHEME:
        raise Unauthenticated("The Authorization header is not understood. Send one, as `Bearer lsk_...`.")
    return str(token.strip(), "latin-1")
