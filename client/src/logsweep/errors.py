"""What can go wrong, a class for each kind; the message is the server's own sentence."""

from collections.abc import Mapping
from typing import Annotated, NamedTuple

from pydantic import BaseModel, Field, ValidationError

from logsweep.calls import Reply


class Fault(NamedTuple):
    """One broken rule of a request: where, as a JSON pointer, and what to do."""

    pointer: str
    detail: str


class LogsweepError(Exception):
    """What this package raises."""


class Unreachable(LogsweepError):  # noqa: N818 - the name is what went wrong
    """No answer came: no server is there, or the connection broke; `why` is the reason in few words, if any."""

    def __init__(self, detail: str, why: str = "") -> None:
        super().__init__(detail)
        self.why = why


class Unreadable(LogsweepError):  # noqa: N818 - the name is what went wrong
    """What came is no answer of logsweep, though it says that all went well: a proxy or another server sent it."""

    @classmethod
    def of(cls, asked: str, came: bytes | str, why: object) -> "Unreadable":
        """Return the error for what was asked in words, with the beginning of what came."""
        text = came[:100].decode(errors="replace") if isinstance(came, bytes) else came[:100]
        reason = " ".join(str(why).split())[:200]
        way = "Is this the address of a logsweep server, and of this version?"
        return cls(f"{asked} was answered with what is none of logsweep's answers: {text!r} ({reason}). {way}")


class DeadlineExceeded(LogsweepError, TimeoutError):  # noqa: N818 - the name is what went wrong
    """It took longer than it may."""


class ServerNotInstalled(LogsweepError):  # noqa: N818 - the name is what went wrong
    """The server is no part of this Python, so that none can be started here."""


class Refused(LogsweepError):  # noqa: N818 - the name is what went wrong
    """The server answered that it will not or cannot do it; `faults` are all broken rules of the request.

    The log of the server names the request by `request_id`.
    """

    def __init__(self, status: int, detail: str, faults: tuple[Fault, ...] = (), request_id: str | None = None) -> None:
        super().__init__(status, detail, faults, request_id)
        self.status = status
        self.detail = detail
        self.faults = faults
        self.request_id = request_id

    def __str__(self) -> str:
        by = f" (request {self.request_id})" if self.request_id and self.status >= 500 else ""
        return "\n".join([self.detail + by, *(f"  {one.pointer or '/'}: {one.detail}" for one in self.faults)])


class Malformed(Refused):
    """The request could not be read (400)."""


class Unauthenticated(Refused):
    """The server asks for an access key, and the request has none that opens anything (401)."""

    def __str__(self) -> str:
        return f"{super().__str__()}\nGive the client one: Client(key=...), or by LOGSWEEP_KEY_FILE or LOGSWEEP_KEY."


class Forbidden(Refused):
    """The access key of the request does not allow it (403)."""


class NotFound(Refused):
    """What was asked for is not there (404)."""


class Conflict(Refused):
    """It does not go together with what is there (409)."""


class TooLarge(Refused):
    """The request has too many bytes (413)."""


class InvalidRequest(Refused):
    """The request breaks rules: `faults` has each of them (422)."""


class TooManyRequests(Refused):
    """The server, or what stands before it, is asked too often (429)."""


class ServerFailed(Refused):
    """The server failed; its log says why (500)."""


class NotInstalled(Refused):
    """The server lacks a package that this needs (501)."""


class Unavailable(Refused):
    """The server cannot answer now (502, 503, 504)."""


_KINDS: Mapping[int, type[Refused]] = {
    400: Malformed,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    422: InvalidRequest,
    429: TooManyRequests,
    500: ServerFailed,
    501: NotInstalled,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


class _Broken(BaseModel):
    pointer: str
    detail: str


class _Problem(BaseModel):
    detail: Annotated[str, Field(min_length=1)]
    errors: list[_Broken] = []


def refusal(reply: Reply) -> Refused:
    """Return the error that a reply of 300 and above stands for."""
    kind = _KINDS.get(reply.status, Refused)
    try:
        problem = _Problem.model_validate_json(reply.content)
    except ValidationError:  # not the server's own: of a proxy, or of another server altogether
        text = reply.content[:200].decode(errors="replace")
        return kind(reply.status, f"{reply.asked} was answered with {reply.status}: {text!r}")
    faults = tuple(Fault(one.pointer, one.detail) for one in problem.errors)
    return kind(reply.status, problem.detail, faults, reply.headers.get("X-Request-ID"))
