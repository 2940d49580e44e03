"""What is asked of the server, without asking it: a call is a request, and how its answer is read."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Literal, TypeAlias, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx
from pydantic import BaseModel, TypeAdapter

T = TypeVar("T")
Kind = TypeVar("Kind")
Item = TypeVar("Item")

Method = Literal["GET", "POST", "PATCH", "DELETE"]
Param: TypeAlias = str | float | bool | Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: `asked` is the request in words; a file has gone elsewhere, and leaves no content."""

    status: int
    content: bytes
    headers: Mapping[str, str]
    asked: str

    @classmethod
    def of(cls, response: httpx.Response, content: bytes) -> "Reply":
        """Return the reply that a response of httpx is, with what was read of it."""
        return cls(response.status_code, content, response.headers, f"{response.request.method} {response.request.url}")

    @property
    def done(self) -> bool:
        """Whether the server did what it was asked."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file of a form: its bytes, or where they are, opened anew for each try."""

    field: str
    name: str
    content: bytes | Path


@dataclass(frozen=True, slots=True)
class Form:
    """The fields and files of a multipart request."""

    files: Sequence[FilePart]
    fields: Mapping[str, str | list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request to the server, and how its answer is read.

    A `repeatable` one may be sent again when no answer came: twice does no more than once. The work
    itself may take the server `takes` seconds, where no deadline is given. An answer that is a file goes to `into`.
    """

    method: Method
    path: str
    read: Callable[[Reply], T]
    params: Mapping[str, Param] = field(default_factory=dict)
    json: object = None
    form: Form | None = None
    own_headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = False
    takes: float = 0.0
    into: Path | None = None
    request_id: str = field(default_factory=lambda: uuid4().hex, compare=False)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of each try; the log of the server names the request by its id."""
        return {**self.own_headers, "X-Request-ID": self.request_id}

    def query(self) -> httpx.QueryParams:
        """Return the parameters that are given, a pair for each value."""
        pairs: list[tuple[str, str | float | None]] = []
        for name, value in self.params.items():
            if isinstance(value, str | float | int):
                pairs.append((name, value))
            elif value is not None:
                pairs += [(name, one) for one in value]
        return httpx.QueryParams(pairs)

    @contextmanager
    def body(self) -> Iterator[dict[str, Any]]:
        """Yield the body as httpx takes it, with files that are open as long as they are read."""
        with ExitStack() as opened:
            if self.form is not None:
                files = [(one.field, (one.name, _open(one, opened))) for one in self.form.files]
                yield {"files": files, "data": dict(self.form.fields)}
            else:
                yield {} if self.json is None else {"json": self.json}


def _open(part: FilePart, opened: ExitStack) -> Any:
    return part.content if isinstance(part.content, bytes) else opened.enter_context(part.content.open("rb"))


Flow: TypeAlias = Generator[Call[Any], Any, T]
"""Several calls for one result: a generator that is sent the answer to each call it yields."""


class Page(BaseModel, Generic[Item]):
    """Some items of a list; `next` is the cursor of the next page, or None on the last one."""

    items: list[Item]
    next: str | None


def get(path: str, read: Callable[[Reply], T], *, takes: float = 0.0, **params: Param) -> Call[T]:
    """Return a call that only reads."""
    return Call("GET", path, read, params, repeatable=True, takes=takes)


def making(path: str, read: Callable[[Reply], T], body: object) -> Call[T]:
    """Return a call that makes something: once, however often it is sent, as the server knows it again by its key."""
    return Call("POST", path, read, json=body, own_headers={"Idempotency-Key": uuid4().hex}, repeatable=True)


def place(*parts: str | int) -> str:
    """Return a path of these parts, whatever characters they have."""
    return "/" + "/".join(quote(str(part), safe="") for part in parts)


def answer(kind: type[Kind]) -> Callable[[Reply], Kind]:
    """Return what reads an answer of this kind."""
    adapter = TypeAdapter(kind)
    return lambda reply: adapter.validate_json(reply.content)


def nothing(_: Reply) -> None:
    """Read an answer that has no content."""


def content(reply: Reply) -> bytes:
    """Read an answer as the bytes of a file."""
    return reply.content


def plain(value: Any) -> Any:
    """Return a value as JSON has it: scalars and arrays of NumPy become numbers and lists, paths and dates text."""
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value
