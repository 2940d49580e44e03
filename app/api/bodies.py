"""Read the body of a request as strict JSON: what other parsers accept in silence is refused."""

import json
import math
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import Any, Generic, NoReturn, TypeVar, final

import msgspec
from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from jiter import from_json
from pydantic import TypeAdapter, ValidationError
from pydantic_core import CoreSchema, SchemaValidator

from app.api.fields import problem_faults
from app.domain.errors import Fault, InvalidRequest, Malformed, faults_of, pointer
from app.domain.values import LARGEST_WHOLE, is_text

T = TypeVar("T")

DEEPEST = 32
MOST_SEARCHED = 1 << 14
"""The most bytes of a record of which every fault is looked for; of a longer one the first in each list is told."""

_NUL, _ESCAPE = b"\\u0000", b"\\u"


async def read_json(request: Request) -> Any:
    """Return the JSON value of the body. Raises Malformed; HTTPException 415 for another content type."""
    return await run_in_threadpool(parse, await read_raw(request))


async def read_raw(request: Request) -> bytes:
    """Return the bytes of a JSON body, which nobody has looked into. Raises HTTPException 415."""
    require_content_type(request, "application/json")
    return await request.body()


@final
class RecordReader(Generic[T]):
    """Reads bodies as records of one kind, which is a dataclass of dataclasses, lists and mappings."""

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind
        self._decoder = msgspec.json.Decoder(kind)

    @cached_property
    def _thorough(self) -> TypeAdapter[T]:
        """What finds everything that is wrong, made for the first body that is refused."""
        return TypeAdapter(self._kind)

    @cached_property
    def _hasty(self) -> SchemaValidator:
        """What ends at the first fault."""
        return SchemaValidator(_failing_fast(self._thorough.core_schema))

    def read(self, raw: bytes) -> T:
        """Return the record that the body describes. Raises Malformed, InvalidRequest.

        Whole numbers may have any size: the use cases know how large each may be.
        """
        try:
            return self._decoded(raw)
        except RecursionError:
            raise _too_deep() from None
        except (ValueError, msgspec.DecodeError):
            return self._read_slowly(raw)

    def read_sound(self, raw: bytes) -> T | None:
        """Return the record that the body describes, or None for one that is refused: to say why takes long."""
        try:
            return self._decoded(raw)
        except (RecursionError, ValueError, msgspec.DecodeError):
            return None

    def _decoded(self, raw: bytes) -> T:
        # First: it ends at the first fault, and makes nothing of what is unknown.
        record = self._decoder.decode(raw)
        _require_strict(raw)
        return record

    def _read_slowly(self, raw: bytes) -> T:
        """Read a body that is refused, with everything that is wrong with it."""
        is_long = len(raw) > MOST_SEARCHED
        if is_long:
            self._require_form(raw)
        value = parse(raw)
        if any(_is_large(one) for level in _levels(value) for one in level):
            raise InvalidRequest(faults_of(list(_large(value)), _too_large))
        try:
            return (self._hasty if is_long else self._thorough).validate_json(raw, strict=True)
        except ValidationError as error:
            raise InvalidRequest(problem_faults(error)) from None

    def _require_form(self, raw: bytes) -> None:
        """Raise InvalidRequest if JSON has another form than the records: its values are then not worth making.

        A million of them would hold up all other threads for a second.
        """
        try:
            self._hasty.validate_json(raw, strict=True)
        except ValidationError as error:
            if error.errors(include_url=False, include_input=False)[0]["type"] != "json_invalid":
                raise InvalidRequest(problem_faults(error)) from None


def parse(raw: bytes) -> Any:
    """Return the value of a JSON text. Raises Malformed.

    It refuses NaN and infinities, names that occur twice in an object, numbers that overflow a double, NUL characters
    and lone surrogates in texts, and nesting deeper than DEEPEST.
    """
    try:
        value = _require_strict(raw)
    except ValueError:
        value = _explain(raw)
    _require_sound(value, escapes=_ESCAPE in raw)
    return value


def _require_strict(raw: bytes) -> Any:
    """Return the value of a JSON text without NUL characters. Raises ValueError, in the words of another program."""
    if _NUL in raw:
        raise ValueError
    return from_json(raw, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="keys")


def _explain(raw: bytes) -> Any:
    """Raise Malformed for what a strict parser refused, or return what can only be told once it is read."""
    try:
        return json.loads(raw.decode(), object_pairs_hook=_object, parse_constant=_constant)
    except RecursionError:
        raise _too_deep() from None
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not UTF-8: byte {error.start} fits no character.") from None
    except ValueError as error:
        raise Malformed(f"The body is not JSON: {error}.") from None


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
    return found


def _constant(word: str) -> NoReturn:
    raise Malformed(f"The body has the number {word}, which JSON does not know. Send null or a finite number.")


def _require_sound(value: Any, *, escapes: bool) -> None:
    """Raise Malformed for what no parser refuses. One pass, level by level.

    Without escapes no text has anything but characters. Values are looked at one by one only where some may be wrong:
    of a million that are whole numbers this takes a tenth of the time.
    """
    for depth, level in enumerate(_levels(value)):
        if depth > DEEPEST:
            raise _too_deep()
        kinds = set(map(type, level))
        if escapes and str in kinds and not all(is_text(one) for one in level if type(one) is str):
            raise Malformed("A text has a NUL character (\\u0000) or half of a surrogate pair. Remove it.")
        if float in kinds and not all(math.isfinite(one) for one in level if type(one) is float):
            raise Malformed("The body has a number that is larger than a double can hold.")


def _levels(value: Any) -> Iterator[list[Any]]:
    """Yield all values and names, those of each depth together."""
    level = [value]
    while level:
        yield level
        inner: list[Any] = []
        for one in level:
            if type(one) is dict:
                inner += one
                inner += one.values()
            elif type(one) is list:
                inner += one
        level = inner


def _large(value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the place of each whole number beyond 64 bits within an object or a list, and the number."""
    stack: list[tuple[tuple[str | int, ...], Any]] = [((), value)] if isinstance(value, dict | list) else []
    while stack:
        place, one = stack.pop()
        for name, inner in one.items() if isinstance(one, dict) else enumerate(one):
            if _is_large(inner):
                yield (*place, name), f"{inner:.6g}" if abs(inner) < 10**300 else "received"
            elif isinstance(inner, dict | list):
                stack.append(((*place, name), inner))


def _is_large(value: Any) -> bool:
    return type(value) is int and abs(value) > LARGEST_WHOLE


def _too_large(found: tuple[tuple[str | int, ...], str]) -> Fault:
    place, number = found
    return Fault(pointer(*place), f"The number {number} is beyond 64 bits.")


def _failing_fast(schema: CoreSchema) -> CoreSchema:
    """Return the schema with every list and mapping refused at its first fault: a million of them take gigabytes."""

    def changed(part: Any) -> Any:
        if isinstance(part, list):
            return [changed(one) for one in part]
        if not isinstance(part, dict):
            return part
        same = {name: changed(one) for name, one in part.items()}
        return same | {"fail_fast": True} if part.get("type") in {"list", "dict"} else same

    made: CoreSchema = changed(schema)
    return made


def _too_deep() -> Malformed:
    return Malformed(f"The body nests deeper than {DEEPEST} levels. Make it flatter.")
