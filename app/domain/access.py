"""Access keys: who may ask the service for what, and until when."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal

from app.domain.quotas import NO_QUOTAS, Quotas


class Scope(StrEnum):
    """What a key may be used for."""

    READ = "read"
    SUBMIT = "submit"
    WORK = "work"
    ADMIN = "admin"


_COVERED: Mapping[Scope, frozenset[Scope]] = {
    Scope.READ: frozenset({Scope.READ}),
    Scope.SUBMIT: frozenset({Scope.SUBMIT, Scope.READ}),
    Scope.WORK: frozenset({Scope.WORK}),
    Scope.ADMIN: frozenset(Scope),
}
"""The scopes that each one stands for: who submits sees what became of it, and an admin may do everything."""

Standing = Literal["valid", "expired", "revoked"]


@dataclass(frozen=True, slots=True)
class AccessKey:
    """What is known of an access key, but for its secret; times are in UTC."""

    id: str
    name: str
    scopes: Collection[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    quotas: Quotas = NO_QUOTAS

    def standing(self, now: datetime) -> Standing:
        """Return whether the key opens anything at this moment, and if not, why."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "valid"

    def allows(self, any_of: Collection[Scope]) -> bool:
        """Return whether the key has one of these scopes, by itself or within a wider one."""
        return any(not _COVERED[scope].isdisjoint(any_of) for scope in self.scopes)


ANYONE = AccessKey("", "", [Scope.ADMIN], datetime.min.replace(tzinfo=UTC))
"""Who asks a server without keys, which listens on loopback alone: who can reach it may do everything."""


@dataclass(frozen=True, slots=True)
class StoredKey:
    """An access key with the SHA-256 of its secret, as it is stored."""

    key: AccessKey
    secret_sha256: str


@dataclass(frozen=True, slots=True)
class KeyDraft:
    """A key that somebody asks for; None stands for what could not be read."""

    name: str | None
    scopes: Collection[Scope] | None
    expires_at: datetime | None = None
    quotas: Quotas = NO_QUOTAS
