"""Read the body of a request as strict JSON: what other parsers accept in silence is refused."""

import json
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any, NoReturn, TypeVar

from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import TypeAdapter, ValidationError

from app.api.fields import problem_faults
from app.domain.errors import Fault, InvalidRequest, Malformed, faults_of, pointer
from app.domain.values import LARGEST_WHOLE, is_text

T = TypeVar("T")

DEEPEST = 32


async def read_json(request: Request) -> Any:
    """Return the JSON value of the body. Raises Malformed; HTTPException 415 for another content type."""
    return await run_in_threadpool(parse, await _raw(request))


async def read_record(request: Request, adapter: TypeAdapter[T]) -> T:
    """Return the record that the body describes. Raises Malformed, InvalidRequest; HTTPException 415."""
    return await run_in_threadpool(_record, await _raw(request), adapter)


def parse(raw: bytes) -> Any:
    """Return the value of a JSON text. Raises Malformed.

    It refuses NaN and infinities, names that occur twice in an object, numbers that overflow a double, NUL characters
    and lone surrogates in texts, and nesting deeper than DEEPEST.
    """
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
    except RecursionError:
        raise _too_deep() from None
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not UTF-8: byte {error.start} fits no character.") from None
    except ValueError as error:
        raise Malformed(f"The body is not JSON: {error}.") from None
    for depth, one in _walk(value):
        if depth > DEEPEST:
            raise _too_deep()
        if isinstance(one, str):
            _require_text(one)
    return value


def _record(raw: bytes, adapter: TypeAdapter[T]) -> T:
    if large := list(_large(parse(raw))):
        raise InvalidRequest(faults_of(large, _too_large))
    try:
        return adapter.validate_json(raw, strict=True)
    except ValidationError as error:
        raise InvalidRequest(problem_faults(error)) from None


async def _raw(request: Request) -> bytes:
    require_content_type(request, "application/json")
    return await request.body()


def content_type(request: Request, unless_said: str = "") -> str:
    """Return the content type that a request names, without its parameters."""
    return request.headers.get("content-type", unless_said).partition(";")[0].strip().lower()


def require_content_type(request: Request, wanted: str, unless_said: str = "") -> None:
    """Raise HTTPException 415 for a body that is said to be anything else."""
    kind = content_type(request, unless_said)
    if kind != wanted:
        raise HTTPException(415, f"The content type is {kind!r}; this route takes {wanted}.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise Malformed(f"The name {twice[:80]!r} comes twice in one object. Keep one of them.")
    for name in found:
        _require_text(name)
    return found


def _constant(word: str) -> NoReturn:
    raise Malformed(f"The body has the number {word}, which JSON does not know. Send null or a finite number.")


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise Malformed(f"The number {digits[:40]} is larger than a double can hold.")
    return number


def _require_text(text: str) -> None:
    if not is_text(text):
        raise Malformed("A text has a NUL character (\\u0000) or half of a surrogate pair. Remove it.")


def _walk(value: Any) -> Iterator[tuple[int, Any]]:
    """Yield every value with its depth, without recursion."""
    stack = [(0, value)]
    while stack:
        depth, one = stack.pop()
        yield depth, one
        if isinstance(one, dict):
            stack += [(depth + 1, inner) for inner in one.values()]
        elif isinstance(one, list):
            stack += [(depth + 1, inner) for inner in one]


def _too_large(found: tuple[tuple[str | int, ...], str]) -> Fault:
    place, number = found
    return Fault(pointer(*place), f"The number {number} is beyond 64 bits.")


def _large(value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the place of each whole number beyond 64 bits within an object or a list, and the number."""
    stack: list[tuple[tuple[str | int, ...], Any]] = [((), value)] if isinstance(value, dict | list) else []
    while stack:
        place, one = stack.pop()
        for name, inner in one.items() if isinstance(one, dict) else enumerate(one):
            if isinstance(inner, int) and abs(inner) > LARGEST_WHOLE:
                yield (*place, name), f"{inner:.6g}" if abs(inner) < 10**300 else "received"
            elif isinstance(inner, dict | list):
                stack.append(((*place, name), inner))


def _too_deep() -> Malformed:
    return Malformed(f"The body nests deeper than {DEEPEST} levels. Make it flatter.")
