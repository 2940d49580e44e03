"""A reader of a feed, as a browser's EventSource is one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx

from tests.app.api.serving import Json


class Message(NamedTuple):
    """An event as it came; a heartbeat has no name and no data."""

    id: str
    name: str
    data: Json


class Reader:
    """Reads one feed; `id` is that of the last message, events or not."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.id = ""
        self._lines = answer.iter_lines()

    def __iter__(self) -> Iterator[Message]:
        """Yield messages until the server ends the feed."""
        fields: dict[str, str] = {}
        for line in self._lines:
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            else:
                self.id = fields.get("id", self.id)
                yield Message(self.id, fields.get("event", ""), json.loads(fields.get("data", "{}")))
                fields = {}

    def next(self) -> Message:
        """Return the next event."""
        return next(message for message in self if message.name)

    def until(self, name: str, **data: Any) -> list[Message]:
        """Return the events up to the first one of this name with this data."""
        found = [self.next()]
        while found[-1].name != name or not data.items() <= found[-1].data.items():
            found.append(self.next())
        return found


@contextmanager
def following(
    client: httpx.Client, path: str = "/v1/events", seen: str | None = None, **query: str
) -> Iterator[Reader]:
    """Follow a feed, from the event `seen` on if one is given; the server knows the place when the context begins."""
    headers = {} if seen is None else {"Last-Event-ID": seen}
    with client.stream("GET", path, params=query, headers=headers) as answer:
        assert answer.status_code == 200, answer.read()
        reader = Reader(answer)
        if seen is None and not query:
            assert next(iter(reader)).name == ""
        yield reader
