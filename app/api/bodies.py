"""Read the body of a request as strict JSON: what other readers would take silently is refused here."""

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn, TypeVar

from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import TypeAdapter, ValidationError

from app.api.fields import sentence
from app.domain.errors import Fault, InvalidRequest, Malformed, pointer

T = TypeVar("T")

DEEPEST = 32
LARGEST = 2**63 - 1


async def read_json(request: Request) -> Any:
    """Return the JSON value of the body. Raises Malformed; HTTPException 415 for another content type."""
    return await run_in_threadpool(parse, await _raw(request))


async def read_record(request: Request, adapter: TypeAdapter[T]) -> T:
    """Return the record that the body describes. Raises Malformed, InvalidRequest; HTTPException 415."""
    raw = await _raw(request)
    faults = [Fault(place, f"The number {value} is beyond 64 bits.") for place, value in _large(parse(raw))]
    if faults:
        raise InvalidRequest(faults)
    try:
        return adapter.validate_json(raw, strict=True)
    except ValidationError as error:
        raise InvalidRequest(
            [Fault(pointer(*problem["loc"]), sentence(problem)) for problem in error.errors()]
        ) from None


def parse(raw: bytes) -> Any:
    """Return the value of a JSON text. Raises Malformed.

    Refused are NaN and infinities, names that come twice, numbers that overflow a double, NUL characters and
    lone surrogates in texts, and nesting deeper than DEEPEST.
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


async def _raw(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, f"The content type is {kind!r}; this route takes application/json.")
    return await request.body()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
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
    if text.isascii():
        if "\0" in text:
            raise Malformed("A text has a NUL character (\\u0000), which cannot be stored. Remove it.")
        return
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise Malformed("A text has a NUL character or half of a surrogate pair. Remove it.")


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


def _large(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield the place of each whole number beyond 64 bits, and the number."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _large(inner, place + pointer(name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _large(inner, f"{place}/{index}")
    elif isinstance(value, int) and abs(value) > LARGEST:
        yield place, f"{value:.6g}" if abs(value) < 10**300 else "received"


def _too_deep() -> Malformed:
    return Malformed(f"The body nests deeper than {DEEPEST} levels. Make it flatter.")
