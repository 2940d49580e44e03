"""Where the server is and with which access key, unless it is said, and by which clock deadlines go."""

import os
import re
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from logsweep.errors import LogsweepError

USUAL_SECONDS = 60.0
"""Seconds that an answer may take with all tries where no deadline is given, besides what the work itself takes."""

CLOCK = time.monotonic

_KEY = re.compile("[!-~]+")
_USUAL = "http://127.0.0.1:8000"
_WAY = f"Name one such as {_USUAL}"


def address(url: str | None) -> str:
    """Return the address of the server: the one given, LOGSWEEP_SERVER, or this machine's port 8000.

    Raises LogsweepError for what is no address of HTTP.
    """
    said = (url or os.environ.get("LOGSWEEP_SERVER") or _USUAL).rstrip("/")
    try:
        parsed = httpx.URL(said)
        sound = parsed.scheme in {"http", "https"} and parsed.host
    except (httpx.InvalidURL, ValueError) as error:  # the latter of names in Punycode that are none
        raise LogsweepError(f"The address {said[:200]!r} of the server cannot be read: {error}. {_WAY}.") from None
    if not sound:
        raise LogsweepError(f"The address {said[:200]!r} of the server does not begin with http:// and a host. {_WAY}.")
    return said


def access_key(key: str | None) -> str | None:
    """Return the access key: the one given, LOGSWEEP_KEY, or what the file has that LOGSWEEP_KEY_FILE names, or None.

    Raises LogsweepError if that file cannot be read, or has no key.
    """
    if said := key or os.environ.get("LOGSWEEP_KEY"):
        return _sendable(said.strip())
    file = os.environ.get("LOGSWEEP_KEY_FILE")
    try:
        return _sendable(Path(file).read_text(encoding="ascii").strip()) if file else None
    except (OSError, ValueError) as error:
        raise LogsweepError(f"The key file {file}, which LOGSWEEP_KEY_FILE names, cannot be read: {error}") from None


def _sendable(key: str) -> str:
    """Return a key that a header can carry. Raises LogsweepError for another, without showing it."""
    if not _KEY.fullmatch(key):
        raise LogsweepError("The access key has characters that no key has, or none at all. Give it as it was shown.")
    return key


def authorization(key: str | None) -> Mapping[str, str]:
    """Return the header that says whose a request is; none without a key."""
    found = access_key(key)
    return {} if found is None else {"Authorization": f"Bearer {found}"}
