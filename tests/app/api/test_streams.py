"""Tests of bodies that are read as they come, each in a thread."""

import select
import socket
from hashlib import sha256
from itertools import count

import httpx

from app.api.streams import AT_ONCE
from tests.app.http_server.raw import connected, request
from tests.system.processes import until


def test_uploads_that_stall_hold_no_thread_from_those_that_come(shared: httpx.Client) -> None:
    stalled = request("PUT", f"/v1/work/artifacts/{'0' * 64}", "Content-Length: 100", body=b"x")
    sent = count()

    def went(stalling: list[socket.socket]) -> list[socket.socket]:
        content = b"weights %d" % next(sent)
        assert shared.put(f"/v1/work/artifacts/{sha256(content).hexdigest()}", content=content).status_code == 201
        return select.select(stalling, [], [], 0)[0]

    with connected(shared, AT_ONCE, stalled) as stalling:
        until(lambda: bool(went(stalling)), "one of those that stall has made way")
        assert {one.recv(12) for one in went(stalling)} == {b"HTTP/1.1 503"}
