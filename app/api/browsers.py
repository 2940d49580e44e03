"""What browsers could be talked into by foreign pages: unknown hosts and foreign origins are refused.

A name that leads to this machine does not make its page one of ours (DNS rebinding), so only known hosts are answered,
on localhost too. Whatever comes from another page's script says so in `Origin`, or in `Sec-Fetch-Site`.
"""

from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import final

from fastapi import HTTPException, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api import problems
from app.api.security_headers import SECURITY_HEADERS

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
"""What this machine is called by those who are on it."""

_RAW = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
_CACHE = (b"cache-control", b"no-store")
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS = frozenset({b"same-origin", b"none"})


@final
class BrowserGuard:
    """Middleware that answers under `hosts` and the address connected to, to its own pages and those of `origins`."""

    def __init__(self, app: ASGIApp, hosts: Collection[str], origins: Collection[str]) -> None:
        self._app = app
        self._hosts = LOOPBACK_HOSTS | {host.lower() for host in hosts}
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it; add the headers to the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _with_ours(message.get("headers", ()))
            await send(message)

        try:
            self._require_ours(scope)
        except HTTPException as error:
            response = await problems.answer(Request(scope, receive), error)
            await response(scope, receive, with_headers)
        else:
            await self._app(scope, receive, with_headers)

    def _require_ours(self, scope: Scope) -> None:
        """Raise HTTPException for a host that is not known, or a page that is not ours."""
        said = {name: value for name, value in scope["headers"] if name in _LOOKED_AT}
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or not self._knows(name_in(hosts[0]), scope):
            raise HTTPException(421, _unknown_host(hosts))
        if (origin := said.get(b"origin")) is not None:
            own = origin in {b"%s://%s" % (scheme, hosts[0]) for scheme in _own_schemes(scope)}
            if not own and str(origin, "latin-1") not in self._origins:
                raise HTTPException(403, _foreign_origin(origin))
        elif scope["method"] not in _READING and said.get(b"sec-fetch-site", b"none") not in _OURS:
            raise HTTPException(403, "The request comes from a page of another site, which may change nothing here.")

    def _knows(self, host: str, scope: Scope) -> bool:
        return host in self._hosts or host == _connected_to(scope)


def _with_ours(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers with ours; what does not say how long it may be kept is kept by nobody."""
    found = list(headers)
    return found + (_RAW if any(name == _CACHE[0] for name, _ in found) else [*_RAW, _CACHE])


def _own_schemes(scope: Scope) -> tuple[bytes, ...]:
    """Return the schemes of our own pages: behind what ends TLS before us they are those of HTTPS."""
    return (b"https",) if scope["scheme"] == "https" else (b"http", b"https")


_LOOKED_AT = frozenset({b"origin", b"sec-fetch-site"})


@lru_cache(maxsize=256)
def name_in(host: bytes) -> str:
    """Return the name or address in a Host header, without its port and in small letters."""
    text = str(host, "latin-1").lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0]


def _connected_to(scope: Scope) -> str | None:
    """Return the address of this machine to which the client connected: no name of a foreign page is an address."""
    server = scope.get("server")
    return str(server[0]).removeprefix("::ffff:") if server else None


def _unknown_host(hosts: Collection[bytes]) -> str:
    if len(hosts) != 1:
        return f"The request has {len(hosts)} Host headers. Send one."
    name = str(next(iter(hosts)), "latin-1")[:200]
    return f"This server does not answer as {name!r}. Name it in LOGSWEEP_HOSTS, or use an address it listens on."


def _foreign_origin(origin: bytes) -> str:
    name = str(origin, "latin-1")[:200]
    return f"The request comes from a page of {name!r}, which is not this server's. LOGSWEEP_ORIGINS can allow it."
