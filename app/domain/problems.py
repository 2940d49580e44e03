"""What a refusal of a server says to people: the sentences of its problem document, and not the document."""

import json
from collections.abc import Iterable
from typing import Any

_LONGEST = 200
"""Characters that are shown of what is no problem of ours."""


def told(status: int, content: bytes) -> str:
    """Return the sentences of an answer that is no success: of the whole and of each fault; else how it begins."""
    if found := _sentences(content):
        return " ".join(found)
    return f"The answer was {status}: {content[: 4 * _LONGEST].decode(errors='replace')[:_LONGEST]!r}"


def sentences(whole: str, faults: Iterable[str]) -> list[str]:
    """Return what is said of the whole, and of each fault that it does not say itself."""
    return [*([whole] if whole else []), *(one for one in faults if one and one != whole)]


def _sentences(content: bytes) -> list[str]:
    try:
        problem = json.loads(content)
    except (ValueError, RecursionError):
        return []
    errors = problem.get("errors") if isinstance(problem, dict) else None
    return sentences(_detail(problem), map(_detail, errors if isinstance(errors, list) else []))


def _detail(said: Any) -> str:
    detail = said.get("detail") if isinstance(said, dict) else None
    return detail if isinstance(detail, str) else ""
