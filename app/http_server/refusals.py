"""Answers that the server gives in place of the application, as problems like all others."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from secrets import token_hex

from app.api.problems import MEDIA_TYPE, Problem
from app.http_server.limits import LEAST_RATE, MOST_FIELDS, MOST_HEAD, MOST_URL

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not taken, or no longer."""

    status: HTTPStatus
    detail: str
    headers: Headers = ()

    def answer(self, usual: Headers) -> bytes:
        """Return the whole answer, with the headers that all answers have; nothing follows it on its connection."""
        made = token_hex(8)
        problem = Problem(title=self.status.phrase, status=self.status, detail=self.detail, request_id=made)
        body = problem.model_dump_json().encode()
        headers = [
            *usual,
            (b"x-request-id", made.encode()),
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
            *self.headers,
        ]
        lines = [f"HTTP/1.1 {self.status} {self.status.phrase}".encode(), *(b"%s: %s" % one for one in headers)]
        return b"\r\n".join([*lines, b"", body])


MALFORMED = Refusal(HTTPStatus.BAD_REQUEST, "What came is no request of HTTP/1.1. Send one, without TLS on this port.")
LONG_URL = Refusal(
    HTTPStatus.REQUEST_URI_TOO_LONG,
    f"The address is longer than the {MOST_URL:,} bytes that this server takes. Shorten its query.",
)
LARGE_HEAD = Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    f"The head of the request has more than {MOST_HEAD:,} bytes. Send shorter headers.",
)
MANY_FIELDS = Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    f"The request has more than {MOST_FIELDS} header fields. Send fewer.",
)
FULL = Refusal(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The server has as many requests under way as it can bear. Try again in a second.",
    ((b"retry-after", b"1"),),
)
STOPPING = Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "The server is stopping. Try again when it is back.")


def late_head(seconds: float) -> Refusal:
    """Return what is said of a head that did not come whole in time."""
    return Refusal(
        HTTPStatus.REQUEST_TIMEOUT,
        f"The head of the request did not come within {seconds:g} seconds. Send it at once.",
    )


def late_body(seconds: float) -> Refusal:
    """Return what is said of a body that stood still, or came too slowly."""
    return Refusal(
        HTTPStatus.REQUEST_TIMEOUT,
        f"The body stood still for {seconds:g} seconds, or fell as far behind {LEAST_RATE:,} bytes a second. Send it "
        "once more.",
    )
