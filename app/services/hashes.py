"""Names of bytes by their content: what the address of an artifact or a checkpoint must look like."""

import re

from app.domain.errors import Fault, InvalidRequest, show

_SHA256 = re.compile("[0-9a-f]{64}")


def is_sha256(text: str) -> bool:
    """Return whether a text is a SHA-256 as this service writes it."""
    return _SHA256.fullmatch(text) is not None


def require_sha256(text: str) -> None:
    """Raise InvalidRequest unless a text is a SHA-256 as this service writes it."""
    if not is_sha256(text):
        rule = "the SHA-256 of the content has 64 digits of 0-9 and a-f"
        raise InvalidRequest([Fault("/sha256", f"The name {show(text)} is not possible: {rule}.")])
