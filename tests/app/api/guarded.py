"""A server with access keys of every kind, and the table of its routes."""

import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from app.api.access_rules import rule_of
from app.api.application import make_application
from app.api.strict_route import StrictRoute
from app.domain.access import KeyDraft, Scope
from app.services.access import Access
from app.services.clock import Clock
from app.services.services import Services
from app.storage import SqliteStorage
from tests.app.api.serving import serving
from tests.app.storage.new_database import put_new_database
from tests.app.storage.simple_policy import SimplePolicy

PLACES = {"sweep": "swp_1", "number": "0", "name": "none", "sha256": "0" * 64, "key": "key_1"}
"""What stands for the parameters in addresses."""


@dataclass(frozen=True)
class Route:
    """An operation: how it is asked for, and which scopes open it."""

    method: str
    address: str
    any_of: tuple[Scope, ...]

    def __str__(self) -> str:
        return f"{self.method} {self.address}"


@asynccontextmanager
async def _nothing(_: FastAPI) -> AsyncIterator[None]:
    yield


def application() -> FastAPI:
    """Return the application, which is not served."""
    return make_application(_nothing, max_upload_bytes=1)


def routes() -> list[Route]:
    """Return all operations of the API."""
    return [
        Route(method, route.path.format_map(PLACES), rule_of(route.endpoint).any_of)
        for route in application().routes
        if isinstance(route, StrictRoute)
        for method in sorted(route.methods or ())
    ]


def bearer(token: str) -> dict[str, str]:
    """Return the header that a token is sent in."""
    return {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True)
class Guarded:
    """A client without a key, the use cases, and tokens: one for each scope, and some that open nothing."""

    client: httpx.Client
    services: Services
    good: dict[Scope, str]
    bad: dict[str, str]


@contextmanager
def guarded(folder: Path, **settings: Any) -> Iterator[Guarded]:
    """Serve a folder that has keys."""
    good, bad = make_keys(put_new_database(folder))
    with serving(folder, **settings) as (client, services):
        yield Guarded(client, services, good, bad)


def make_keys(folder: Path) -> tuple[dict[Scope, str], dict[str, str]]:
    """Make keys in a folder with a database; return tokens: one for each scope, and some that open nothing."""
    storage = SqliteStorage(folder, SimplePolicy())
    try:
        access, yesterday = Access(storage, Clock(), os.urandom), Access(storage, Clock(_two_days_ago), os.urandom)
        good = {scope: access.create(KeyDraft(scope, [scope]))[1] for scope in Scope}
        revoked, token = access.create(KeyDraft("revoked", [Scope.ADMIN]))
        access.revoke(revoked.id)
        _, expired = yesterday.create(KeyDraft("expired", [Scope.ADMIN], datetime.now(UTC) - timedelta(days=1)))
    finally:
        storage.close()
    mixed = good[Scope.ADMIN].rpartition("_")[0] + "_" + good[Scope.READ].rpartition("_")[2]
    return good, {
        "of nobody": "lsk_" + "0" * 26 + "_" + "0" * 52,
        "with another secret": mixed,
        "cut off": good[Scope.ADMIN][:-1],
        "no token": "x",
        "revoked": token,
        "expired": expired,
    }


def _two_days_ago() -> float:
    return time.time() - 2 * 86_400
