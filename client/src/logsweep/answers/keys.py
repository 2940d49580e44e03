"""Answers on access keys."""

from datetime import datetime
from typing import Literal

from logsweep.answers import Answer


class KeyAnswer(Answer):
    """An access key, without its secret."""

    id: str
    name: str
    scopes: list[Literal["read", "submit", "work", "admin"]]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class NewKeyAnswer(KeyAnswer):
    """A key that was just made, with its token."""

    token: str
