"""Answers on access keys."""

from datetime import datetime
from typing import Literal

from logsweep.answers import Answer


class QuotasAnswer(Answer):
    """The quotas of an access key; None is no limit."""

    sweeps: int | None
    trials: int | None
    epochs: int | None
    bytes: int | None


class UsedAnswer(Answer):
    """What counts against the quotas of an access key."""

    sweeps: int
    trials: int
    epochs: int
    bytes: int


class KeyAnswer(Answer):
    """An access key, without its secret."""

    id: str
    name: str
    scopes: list[Literal["read", "submit", "work", "admin"]]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    quotas: QuotasAnswer
    used: UsedAnswer


class NewKeyAnswer(KeyAnswer):
    """A key that was just made, with its token."""

    token: str
