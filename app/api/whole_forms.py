"""Forms that break off are refused while they are read: their parser leaves open what it has of the last file."""

from starlette.types import Message, Receive

from app.domain.errors import Malformed

LONGEST_REST = 1 << 10
"""The most bytes that may follow the end of a form."""


def requiring_end(receive: Receive, delimiter: bytes) -> Receive:
    """Return what receives a form whose parts have this line between them, and raises Malformed if it has no end."""
    end, seen = delimiter.strip() + b"--", b""
    most = len(end) + LONGEST_REST

    async def requiring() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            piece = message.get("body", b"")
            seen = piece[-most:] if len(piece) >= most else (seen + piece)[-most:]
            if not message.get("more_body", False) and end not in seen:
                raise Malformed("The form breaks off before its end. Send it again, whole.")
        return message

    return requiring
