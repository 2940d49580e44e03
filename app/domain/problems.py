"""What a refusal of a server says to people: the sentences of its problem document, and not the document."""

import json
from typing import Any

_LONGEST = 200
"""Characters that are shown of what is no problem of ours."""


def told(status: int, content: bytes) -> str:
    """Return the sentences of an answer that is no success: of each fault, or of the whole; else how it begins."""
    if found := _sentences(content):
        return " ".join(found)
    return f"The answer was {status}: {content[: 4 * _LONGEST].decode(errors='replace')[:_LONGEST]!r}"


def _sentences(content: bytes) -> list[str]:
    try:
        problem = json.loads(content)
    except (ValueError, RecursionError):
        return []
    errors = problem.get("errors") if isinstance(problem, dict) else None
    faults = [detail for one in errors if (detail := _detail(one))] if isinstance(errors, list) else []
    whole = _detail(problem)
    return faults or ([whole] if whole else [])


def _detail(said: Any) -> str:
    detail = said.get("detail") if isinstance(said, dict) else None
    return detail if isinstance(detail, str) else ""
