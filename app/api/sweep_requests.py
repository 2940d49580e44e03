"""Requests for sweeps and for changes of them: a space with too many parameters is refused before it is read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from app.api.bodies import parse, read_raw
from app.api.sweep_bodies import read_changes, read_sweep
from app.domain.drafts import ChangesDraft, SweepDraft
from app.domain.errors import Fault, InvalidRequest
from app.domain.space_faults import many_faults

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Outline:
    """What a request has of a space, with parameters that nobody has looked into."""

    space: dict[str, msgspec.Raw] = field(default_factory=dict)


_OUTLINE = msgspec.json.Decoder(_Outline)


async def sweep_of(request: Request) -> tuple[SweepDraft, list[Fault]]:
    """Return what could be read of a request for a sweep, and what could not.

    Raises Malformed; HTTPException 415; InvalidRequest if it has too many parameters.
    """
    return await run_in_threadpool(_read, read_sweep, await read_raw(request))


async def changes_of(request: Request) -> tuple[ChangesDraft, list[Fault]]:
    """Return what could be read of a request for changes, and what could not; raises as `sweep_of` does."""
    return await run_in_threadpool(_read, read_changes, await read_raw(request))


def _read(reads: Callable[[object], T], raw: bytes) -> T:
    # First: to read each of thousands, and say what is wrong with it, held up all others ten times as long.
    if faults := list(many_faults(_parameters(raw))):
        raise InvalidRequest(faults)
    return reads(parse(raw))


def _parameters(raw: bytes) -> int:
    """Return how many parameters a request has; 0 if it has no space of the right form, of which the reader tells."""
    try:
        return len(_OUTLINE.decode(raw).space)
    except (ValueError, RecursionError):
        return 0
