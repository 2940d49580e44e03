"""What is known of a request while it is answered: its id, and how long its client was waited for."""

from dataclasses import dataclass

from fastapi import Request
from starlette.types import Scope


@dataclass(slots=True)
class Seen:
    """What is known of a request: its id, how long its client was waited for, and whether the answer has begun."""

    id: str
    began_at: float
    waited: float = 0.0
    status: int | None = None


def seen_of(request: Request) -> Seen | None:
    """Return what is known of a request; None in an application that watches over none."""
    seen: Seen | None = getattr(request.state, "seen", None)
    return seen


def request_id(request: Request) -> str | None:
    """Return the id of a request; None outside of an application that watches."""
    seen = seen_of(request)
    return None if seen is None else seen.id


def path_sent(scope: Scope) -> str:
    """Return the path of a request as it was sent, for a log: decoded it could read as the rest of its line."""
    return str(scope.get("raw_path") or scope["path"].encode(), "latin-1")


def was_waited_for(request: Request, seconds: float) -> None:
    """Note that a request waited for so long because its client asked for that."""
    if (seen := seen_of(request)) is not None:
        seen.waited += seconds
