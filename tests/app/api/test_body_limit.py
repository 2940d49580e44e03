"""Tests of what bodies may have in memory: each by its route, and all together."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from app.api.body_limit import BodyLimit, Most, Rooms, parsed
from app.api.room import PATIENCE, Room
from app.domain.errors import Unavailable

PIECE, PARTS = 1 << 16, 3
MOST = {"/form": Most(100, form=Most(200, held=60)), "/file": Most(10 * PIECE, held=50), "/v1/work/*": Most(1000)}
JSON, FORM = (b"content-type", b"application/json"), (b"content-type", b"multipart/form-data; boundary=x")
END = b"--x--"
CHUNKS = (b"transfer-encoding", b"chunked")


def length(count: int) -> tuple[bytes, bytes]:
    return b"content-length", b"%d" % count


class Reading:
    """An application that reads each body whole, and has several answered at the same time."""

    def __init__(self, most: int = 1000, parts: int = PARTS) -> None:
        self.memory, self.of_workers, self.now = Room(most), Room(most), 0.0
        rooms = Rooms(workers=self.of_workers, others=self.memory)
        self.read = 0
        self.go_on = asyncio.Event()
        self.limit = BodyLimit(self._app, Most(1000), MOST, parts, rooms, lambda: self.now)

    async def _app(self, scope: Scope, receive: Receive, _: Send) -> None:
        request = Request(scope, receive)
        self.read += len(await request.body())
        if scope["path"] == "/parsed":
            parsed(request, 10)
            assert not await request.body()
            await receive()
        await self.go_on.wait()

    async def send(self, path: str, headers: Sequence[tuple[bytes, bytes]], *pieces: int | bytes) -> None:
        """Send a body in pieces, which are of so many zeros where their bytes do not matter."""
        bodies = [bytes(piece) for piece in pieces]
        if FORM in headers and isinstance(pieces[-1], int):
            bodies[-1] = bodies[-1][len(END) :] + END
        left: list[Any] = [{"type": "http.request", "body": body, "more_body": True} for body in bodies]
        left.append({"type": "http.request", "body": b"", "more_body": False})

        async def receive() -> Any:
            return left.pop(0) if left else {"type": "http.disconnect"}

        async def send(_: Any) -> None:
            raise AssertionError("nothing is answered here")

        await self.limit({"type": "http", "path": path, "headers": list(headers)}, receive, send)


def test_a_body_beyond_its_route_is_refused_before_or_amid_it() -> None:
    async def scene() -> None:
        server = Reading()
        for headers, pieces in (((length(101), JSON), [101]), ((CHUNKS, JSON), [60, 60]), ((length(201), FORM), [201])):
            with pytest.raises(HTTPException, match="larger than"):
                await server.send("/form", headers, *pieces)
        server.go_on.set()
        await server.send("/form", (length(200), FORM), 200)
        assert (server.read, server.memory.used) == (200, 0)

    asyncio.run(scene())


def test_a_body_of_two_content_types_is_bounded_by_the_first_as_which_it_is_read() -> None:
    async def scene() -> None:
        server = Reading()
        server.go_on.set()
        with pytest.raises(HTTPException, match="larger than the 100 bytes"):
            await server.send("/form", (length(101), JSON, FORM), 101)
        await server.send("/form", (length(101), FORM, JSON), 101)

    asyncio.run(scene())


def test_a_form_with_too_many_parts_is_refused_before_anybody_has_read_the_last_of_them() -> None:
    async def scene() -> None:
        server = Reading()
        server.go_on.set()
        await server.send("/form", (CHUNKS, FORM), PART * PARTS + END)
        with pytest.raises(HTTPException, match="more than 3 fields and files"):
            await server.send("/form", (CHUNKS, FORM), PART, PART * (PARTS + 1) + END, PART)
        await server.send("/form", (CHUNKS, JSON), PART * PARTS + PART + END)

    asyncio.run(scene())


PART = b"--x\r\nA: b\r\n\r\n\r\n"


def cuts(form: bytes) -> Iterator[list[bytes]]:
    """Yield a form in two pieces, cut at every place, and in pieces of each size up to the whole."""
    for place in range(len(form) + 1):
        yield [form[:place], form[place:]]
    for size in range(1, len(form) + 1):
        yield [form[start : start + size] for start in range(0, len(form), size)]


def test_the_parts_of_a_form_are_counted_wherever_it_is_cut() -> None:
    async def scene() -> None:
        server = Reading()
        server.go_on.set()
        for pieces in cuts(PART * PARTS + END):
            await server.send("/form", (CHUNKS, FORM), *pieces)
        for pieces in cuts(PART * (PARTS + 1) + END):
            with pytest.raises(HTTPException, match="more than 3 fields and files"):
                await server.send("/form", (CHUNKS, FORM), *pieces)

    asyncio.run(scene())


@given(st.lists(st.sampled_from([b"\r\n--x", b"\r", b"\n", b"-", b"--x", b"x", b"\r\n--", b""]), max_size=30))
def test_what_looks_like_the_beginning_of_a_delimiter_counts_as_it_does_in_one_piece(pieces: list[bytes]) -> None:
    form = b"".join([*pieces, END])
    most = form.count(b"\r\n--x")
    for parts in range(max(0, most - 1), most + 1):
        server = Reading(parts=parts)
        server.go_on.set()
        with nullcontext() if parts == most else pytest.raises(HTTPException, match="fields and files"):
            asyncio.run(server.send("/", (CHUNKS, FORM), *pieces, END))


def test_bodies_that_are_read_at_the_same_time_need_room_for_all_and_workers_have_their_own() -> None:
    async def scene() -> None:
        server = Reading()
        sent = [asyncio.ensure_future(server.send("/", (length(700), JSON), 700))]
        await asyncio.sleep(0)  # lets it be read
        with pytest.raises(Unavailable, match="as it can bear"):
            await server.send("/", (length(400), JSON), 400)
        sent.append(asyncio.ensure_future(server.send("/v1/work/report", (length(900), JSON), 900)))
        sent.append(asyncio.ensure_future(server.send("/", (length(300), JSON), 300)))
        await asyncio.sleep(0)  # lets them be read
        assert (server.memory.used, server.of_workers.used) == (1000, 900)
        server.go_on.set()
        await asyncio.gather(*sent)
        await server.send("/", (length(400), JSON), 400)
        assert (server.memory.used, server.of_workers.used) == (0, 0)

    asyncio.run(scene())


def test_the_bytes_of_a_body_that_was_parsed_make_room_while_its_request_waits() -> None:
    async def scene() -> None:
        server = Reading()
        sent = []
        for number in range(10):
            sent.append(asyncio.ensure_future(server.send("/parsed", (length(900), JSON), 900)))
            while server.memory.used != 10 * (number + 1):
                await asyncio.sleep(0)  # what any other task does
        assert server.memory.used == 100
        server.go_on.set()
        await asyncio.gather(*sent)

    asyncio.run(asyncio.wait_for(scene(), 10))


def test_a_small_body_that_never_ends_goes_for_others_too() -> None:
    async def scene() -> None:
        server, first = Reading(), [{"type": "http.request", "body": bytes(99), "more_body": True}]

        async def stalling() -> Any:
            return first.pop() if first else await asyncio.get_running_loop().create_future()

        async def send(_: Any) -> None:
            raise AssertionError("nothing is answered here")

        scope = {"type": "http", "path": "/", "headers": [length(100), JSON]}
        slow = asyncio.ensure_future(server.limit(scope, stalling, send))
        while server.memory.used < 99:
            await asyncio.sleep(0)  # what any other task does
        await asyncio.sleep(0)
        server.now += PATIENCE
        server.go_on.set()
        await server.send("/", (length(950), JSON), 950)
        with pytest.raises(Unavailable, match="kept the server waiting"):
            await slow

    asyncio.run(asyncio.wait_for(scene(), 10))


def test_a_form_that_is_held_otherwise_than_other_bodies_of_its_route_takes_that() -> None:
    async def scene() -> None:
        server = Reading()
        sent = [asyncio.ensure_future(server.send("/form", (length(200), FORM), 200)) for _ in range(2)]
        sent.append(asyncio.ensure_future(server.send("/form", (length(90), JSON), 90)))
        while server.memory.used < 60 + 60 + 90:
            await asyncio.sleep(0)  # what any other task does
        assert server.memory.used == 60 + 60 + 90  # and not 400 and 90
        server.go_on.set()
        await asyncio.gather(*sent)

    asyncio.run(asyncio.wait_for(scene(), 10))


def test_a_body_that_is_worked_on_as_it_comes_takes_what_it_holds_of_it() -> None:
    async def scene() -> None:
        server = Reading()
        coming = asyncio.ensure_future(server.send("/file", (length(2 * PIECE), JSON), PIECE, PIECE))
        while server.read < 2 * PIECE:
            await asyncio.sleep(0)  # what any other task does
        assert server.memory.used == 50
        server.go_on.set()
        await coming
        assert server.memory.used == 0

    asyncio.run(asyncio.wait_for(scene(), 10))
