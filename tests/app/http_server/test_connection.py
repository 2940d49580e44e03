"""Connections whose clients do less, more or other things than they should."""

import logging
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from itertools import repeat
from pathlib import Path

import httpx
import pytest

from app.http_server.limits import MOST_FIELDS, MOST_HEAD, MOST_PIPELINED, MOST_URL
from tests.app.api.serving import problem, serving
from tests.app.http_server.conftest import BODY_SECONDS, READER_SECONDS
from tests.app.http_server.raw import (
    answers,
    connect,
    everything,
    refusal,
    request,
    require_hang_up,
    trickle,
)
from tests.system.processes import until

HEALTH = request("GET", "/healthz")
LARGE = bytes(range(256)) * (80 << 10)
"""More than the system keeps for a reader who takes nothing: 20 MiB."""


def posting(path: str, kind: str, *headers: str, body: bytes = b"{") -> bytes:
    return request("POST", path, f"Content-Type: {kind}", *headers, body=body)


SWEEP = posting("/v1/sweeps", "application/json", "Content-Length: 100")
FORM = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="t.csv"\r\n\r\na,y\r\n'
BODIES = {
    "JSON": SWEEP,
    "a claim": posting("/v1/work/claim", "application/json", "Content-Length: 100"),
    "a form": posting("/v1/datasets", FORM, "Content-Length: 10000", body=PART),
    "chunks": posting("/v1/sweeps", "application/json", "Transfer-Encoding: chunked", body=b"1\r\n{\r\n"),
    "bytes": request("PUT", f"/v1/work/artifacts/{'0' * 64}", "Content-Length: 100", body=b"x"),
}


def test_who_sends_nothing_is_hung_up_on_without_a_word(impatient: httpx.Client) -> None:
    with connect(impatient) as connection:
        assert everything(connection) == b""


@pytest.mark.parametrize("begun", [b"G", b"GET /heal", b"GET /healthz HTTP/1.1\r\nHost: x\r\n"])
def test_half_a_head_is_answered_with_408(impatient: httpx.Client, begun: bytes) -> None:
    with connect(impatient, begun) as connection:
        assert "head" in refusal(connection, 408)["detail"]


@pytest.mark.parametrize("before", [b"", HEALTH])
def test_a_head_that_trickles_in_gains_no_time(impatient: httpx.Client, before: bytes) -> None:
    with connect(impatient, before + b"GET / HTTP/1.1\r\n") as connection:
        for _ in answers(before and connection.recv(1 << 16)):
            pass
        trickle(connection, repeat(b"a: b\r\n", MOST_FIELDS))
        refusal(connection, 408)


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_stands_still_is_answered_with_408(impatient: httpx.Client, name: str) -> None:
    with connect(impatient, BODIES[name]) as connection:
        assert "body" in refusal(connection, 408)["detail"]


def test_a_body_that_trickles_in_is_answered_with_408(impatient: httpx.Client) -> None:
    with connect(impatient, SWEEP) as connection:
        trickle(connection, repeat(b" ", 99))
        refusal(connection, 408)


def test_a_body_that_keeps_up_may_take_longer_than_it_may_stand_still(impatient: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        ends_at = time.monotonic() + 2 * BODY_SECONDS
        while time.monotonic() < ends_at:
            time.sleep(BODY_SECONDS / 4)  # the slowness of the sender, which is what is tested
            yield bytes(4096)

    problem(impatient.put(f"/v1/work/artifacts/{'0' * 64}", content=pieces()), 422)


@pytest.fixture(scope="module")
def large(impatient: httpx.Client) -> str:
    """The path of a large answer."""
    path = f"/v1/work/checkpoints/{sha256(LARGE).hexdigest()}"
    assert impatient.put(path, content=LARGE).json() == {"kept": True}
    return path


def test_a_reader_who_takes_nothing_is_cut_off(impatient: httpx.Client, large: str) -> None:
    with connect(impatient, request("GET", large), receive_buffer=4096) as connection:
        assert connection.recv(12) == b"HTTP/1.1 200"
        require_hang_up(connection)


def test_a_reader_who_keeps_up_may_take_longer_than_it_may_stand_still(impatient: httpx.Client, large: str) -> None:
    received, began = 0, time.monotonic()
    with impatient.stream("GET", large) as answer:
        for piece in answer.iter_raw(1 << 18):
            received += len(piece)
            if time.monotonic() - began < 2 * READER_SECONDS:
                time.sleep(READER_SECONDS / 20)  # the slowness of the reader, which is what is tested
    assert received == len(LARGE)


REFUSED = {
    "a long address": (request("GET", f"/{'a' * 64_000}"), 414),
    "a long query": (request("GET", f"/v1/sweeps?name={'a' * MOST_URL}"), 414),
    "many fields": (request("GET", "/healthz", *["a: b"] * 10_000), 431),
    "a long field": (request("GET", "/healthz", f"a: {'b' * MOST_HEAD}"), 431),
    "a field without end": (b"GET /healthz HTTP/1.1\r\na: " + b"b" * 1_000_000, 431),
    "fields that are long together": (request("GET", "/healthz", *[f"a: {'b' * 1000}"] * 100), 431),
    "another protocol": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "another version": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "two lengths": (request("POST", "/v1/sweeps", "Content-Length: 1", "Content-Length: 2", body=b"{}"), 400),
    "a length and chunks": (
        request("POST", "/v1/sweeps", "Content-Length: 1", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        400,
    ),
    "a negative length": (request("POST", "/v1/sweeps", "Content-Length: -1"), 400),
    "no chunk": (posting("/v1/sweeps", "application/json", "Transfer-Encoding: chunked", body=b"zz\r\n"), 400),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_request_to_take_is_a_problem_that_its_sender_gets_to_read(
    impatient: httpx.Client, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    sent, status = REFUSED[name]
    with connect(impatient, sent) as connection:
        refusal(connection, status)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_head_as_large_as_may_be_is_taken(impatient: httpx.Client) -> None:
    fields = ["a: " + "b" * ((MOST_HEAD - MOST_URL) // MOST_FIELDS)] * (MOST_FIELDS - 2)
    path = "/healthz?" + "a" * (MOST_URL - len("/healthz?"))
    with connect(impatient, request("GET", path, *fields, "Connection: close")) as connection:
        assert everything(connection).startswith(b"HTTP/1.1 422")  # such a parameter is not known


def test_requests_sent_ahead_are_answered_in_their_order(impatient: httpx.Client) -> None:
    paths = ["/healthz", "/v1/sweeps/none", "/v1/nothing", "/readyz"]
    asked = [request("GET", path) for path in paths[:-1]] + [request("GET", paths[-1], "Connection: close")]
    with connect(impatient, b"".join(asked)) as connection:
        assert [status for status, _ in answers(everything(connection))] == [200, 404, 404, 200]


def test_of_too_many_requests_sent_ahead_the_first_are_answered(impatient: httpx.Client) -> None:
    with connect(impatient, HEALTH * 1000) as connection:
        found = answers(everything(connection))
    assert [status for status, _ in found] == [200] * (MOST_PIPELINED + 1)


def test_what_follows_a_body_of_a_length_that_was_too_short_is_not_taken(impatient: httpx.Client) -> None:
    body = b'{"worker": "w", "leases": []}'
    sent = posting("/v1/work/heartbeat", "application/json", f"Content-Length: {len(body)}", body=body + b"\0\0\0")
    with connect(impatient, sent) as connection:
        assert [status for status, _ in answers(everything(connection))] == [200]


def test_whoever_asks_for_another_protocol_is_answered_in_this_one(impatient: httpx.Client) -> None:
    asked = request("GET", "/healthz", "Connection: Upgrade, close", "Upgrade: websocket")
    with connect(impatient, asked) as connection:
        assert everything(connection).startswith(b"HTTP/1.1 200")


def test_a_body_beyond_the_limit_is_refused_while_its_sender_goes_on(impatient: httpx.Client) -> None:
    sent = posting("/v1/sweeps", "application/json", "Transfer-Encoding: chunked", body=b"")
    with connect(impatient, sent + (b"10000\r\n" + b" " * 65_536 + b"\r\n") * 24) as connection:
        assert connection.recv(12) == b"HTTP/1.1 413"
        connection.sendall(b"0\r\n\r\n" + request("GET", "/healthz", "Connection: close"))
        assert b"}HTTP/1.1 200 OK\r\n" in everything(connection)


@pytest.mark.parametrize("kind", ["files", "fields"])
def test_a_form_of_ten_thousand_parts_is_too_large(impatient: httpx.Client, kind: str) -> None:
    filename = '; filename="t.csv"' if kind == "files" else ""
    part = f'--x\r\nContent-Disposition: form-data; name="a"{filename}\r\n\r\nb\r\n'
    answer = impatient.post("/v1/datasets", content=part.encode() * 10_000, headers={"Content-Type": FORM})
    detail = problem(answer, 413)["detail"]
    assert "more than 1,004" in detail or "Too many" in detail  # whoever counts them first, before or in the parser


@pytest.mark.parametrize("name", BODIES)
def test_a_hang_up_in_the_middle_of_a_body_is_one_quiet_line(
    impatient: httpx.Client, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "app.http_server"):
        connect(impatient, BODIES[name]).close()
        until(lambda: "1 hung up in the middle of a body" in caplog.text, "the line is there")
    (line,) = [record for record in caplog.records if record.name.startswith("app.http_server")]
    assert (line.name, line.levelno) == ("app.http_server.tally", logging.INFO)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING or record.exc_info]


def test_nothing_is_left_on_disk_by_bodies_that_were_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    with serving(tmp_path / "data", body_seconds=BODY_SECONDS, max_upload_bytes=8 << 20) as (client, _):
        half = b"x" * (2 << 20)
        large = posting("/v1/datasets", FORM, f"Content-Length: {4 << 20}", body=PART + half)
        endless = posting("/v1/datasets", FORM, "Transfer-Encoding: chunked", body=b"")
        chunk = b"%x\r\n%s\r\n" % (len(PART + half), PART + half)
        artifact = request("PUT", f"/v1/work/artifacts/{'0' * 64}", f"Content-Length: {4 << 20}", body=half)
        checkpoint = request("PUT", f"/v1/work/checkpoints/{'0' * 64}", f"Content-Length: {4 << 20}", body=half)
        for sent in (large, artifact, checkpoint):
            with connect(client, sent) as connection:
                refusal(connection, 408)
            connect(client, sent).close()
        with connect(client, endless + chunk * 6) as connection:
            assert connection.recv(12) == b"HTTP/1.1 413"
        until(lambda: not open_files(tmp_path / "temporary"), "no temporary file is open")
        until(lambda: not list((tmp_path / "data").rglob("partial-*")), "no file has half arrived")
        assert list((tmp_path / "temporary").iterdir()) == []


def open_files(folder: Path) -> list[str]:
    """Return the files of a folder that this process has open, though they have no name any more."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(descriptor.readlink()))
        except OSError:
            continue  # closed while we looked
    return [name for name in found if name.startswith(str(folder))]
