"""The load of service_load alone, and beside 200 open feeds and hostile requests, by turns in one server.

What may suffer is who sends nonsense; whoever works and reads may wait a quarter longer at the 99th percentile. Feeds
and senders take time of the same processors, which is told, and what they cost with as many reads, as any client sends
them.
"""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import cycle
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

from benchmarks.feed_readers import follow
from benchmarks.request_cost import processor_seconds
from benchmarks.service import running_service
from benchmarks.service_load import SWEEP_BODY, loaded
from benchmarks.spread import Spread, Target, show_table

SECONDS = 12.0
"""Of one turn."""

ROUNDS = 4
REST = 2.0
"""Seconds before a turn, in which whatever the one before left comes to its end."""

FEEDS = 200
HOSTILE_A_SECOND = 50
SLOWER = Target("<=", 1.25, "x")
KINDS = ("claim", "report", "finish", "read")

Waits = Mapping[str, Sequence[float]]
Used = Mapping[str, float]

_JSON = b"Content-Type: application/json\r\n"


def _post(path: bytes, body: bytes, heads: bytes = _JSON) -> bytes:
    return b"POST %b HTTP/1.1\r\nHost: {host}\r\n%bContent-Length: %d\r\n\r\n%b" % (path, heads, len(body), body)


def _get(path: bytes, heads: bytes = b"") -> bytes:
    return b"GET %b HTTP/1.1\r\nHost: {host}\r\n%b\r\n" % (path, heads)


_FORM = b"Content-Type: multipart/form-data; boundary=x\r\n"
_FIELD = b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
_MANY = b"".join(_FIELD % (b"f%d" % number, b"1") for number in range(2_000)) + b"--x--\r\n"

HOSTILE: Sequence[bytes] = (
    _post(b"/v1/sweeps", b"[" * 100_000),
    _post(b"/v1/sweeps", b'{"a":' * 5_000 + b"1" + b"}" * 5_000),
    _post(b"/v1/sweeps", b'{"seed": ' + b"9" * 100_000 + b"}"),
    _post(b"/v1/sweeps", b"\xff" * 500_000),
    _post(b"/v1/spaces/preview", b'{"space": {' + b",".join(b'"p%d": 1' % one for one in range(20_000)) + b"}}"),
    _post(b"/v1/work/finish", b'{"worker": "w", "items": [' + b",".join([b"{}"] * 20_000) + b"]}"),
    _post(b"/v1/datasets", b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n' + b"\0" * 200_000, _FORM),
    _post(b"/v1/datasets", _MANY, _FORM),
    _post(b"/v1/sweeps", b"", b"Transfer-Encoding: chunked\r\n" + _JSON) + b"zz\r\n",
    b"POST /v1/sweeps HTTP/1.1\r\nHost: {host}\r\nContent-Length: 500000\r\n" + _JSON + b"\r\n{",
    b"GET /v1/sweeps HTTP/1.1\r\nHost: {host}\r\n",
    b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00" + b"\0" * 500,
    _get(b"/v1/sweeps?cursor=" + b"W" * 8_000),
    _get(b"/v1/sweeps?limit=-1&limit=x"),
    _get(b"/v1/sweeps", b"Host: elsewhere.example\r\n"),
    _get(b"/v1/sweeps", b"Origin: https://elsewhere.example\r\n"),
    _get(b"/v1/sweeps/swp_1/trials?where=" + b"x<1&where=" * 500),
    _get(b"/..%2f..%2fetc/passwd"),
    _get(b"/v1/sweeps", b"X-Long: " + b"a" * 60_000 + b"\r\n"),
)
"""What no honest client sends; half of it is cut off by the one who sends."""

HARMLESS: Sequence[bytes] = tuple(map(_get, (b"/v1/sweeps", b"/v1/workers", b"/v1/metrics", b"/healthz")))
"""What any client sends, as often, each over a connection of its own, too."""

TURNS: Mapping[str, Sequence[bytes]] = {"alone": (), "beside reads": HARMLESS, "beside hostile": HOSTILE}


def main() -> None:
    """Measure by turns, and print the report. Ends with an error if an honest request failed."""
    measured, used = {turn: list[Waits]() for turn in TURNS}, {turn: list[Used]() for turn in TURNS}
    with running_service(workers=0) as service:
        address = str(service.client.base_url)
        sweep = service.client.post("/v1/sweeps", json=SWEEP_BODY).raise_for_status().json()["id"]
        for number in range(ROUNDS):
            # There and back: what a round leaves in the database is no burden of the same turn each time.
            for turn, requests in list(TURNS.items())[:: 1 if number % 2 == 0 else -1]:
                with _beside(address, sweep, requests) as others, _used(used[turn], {"server": service.pid, **others}):
                    measured[turn].append(_measured(address, sweep))
    print(f"## Load beside {FEEDS} feeds and {HOSTILE_A_SECOND} hostile requests a second, {os.cpu_count()} cores\n")
    figures = [f"{turn}: {name}" for turn in TURNS for name in ("median", "p99")]
    header = ["requests", "count", *figures, "p99 of reads over alone", "of hostile", "target"]
    print(show_table(header, list(_rows(measured))))
    print(f"\nNo honest request failed, in {ROUNDS} rounds of {len(TURNS)} times {SECONDS:g} s. Processors in use:")
    for turn, some in used.items():
        shares = [f"{who} {Spread.of(one[who] for one in some).show('', 2)}" for who in some[0]]
        print(f"- {turn}: {', '.join(shares)}")


def _measured(address: str, sweep: str) -> Waits:
    """Return the sorted waits of the load, by its kinds. Raises SystemExit if a request failed."""
    load = asyncio.run(loaded(address, sweep, SECONDS))
    if load.errors:
        raise SystemExit(f"{len(load.errors)} errors: {load.errors[0]}")
    return {kind: sorted(load.waits[kind]) for kind in KINDS}


@contextmanager
def _used(noted: list[Used], processes: Mapping[str, int]) -> Iterator[None]:
    """Note which part of a processor each of these takes, and we who are the load."""
    all_of_them = {"load": os.getpid(), **processes}
    began, before = time.monotonic(), {who: processor_seconds(one) for who, one in all_of_them.items()}
    yield
    seconds = time.monotonic() - began
    noted.append({who: (processor_seconds(one) - before[who]) / seconds for who, one in all_of_them.items()})


@contextmanager
def _beside(address: str, sweep: str, requests: Sequence[bytes]) -> Iterator[Mapping[str, int]]:
    """Have the feeds open and requests sent, if there are any; both have begun, and have come to rest, by then.

    Yield by whom, as process ids.
    """
    others = dict[str, int]()
    with ExitStack() as stack:
        if requests:
            others["feeds"] = stack.enter_context(_process(partial(_follow, address, sweep)))
            others["senders"] = stack.enter_context(_process(partial(_send_all, address, requests)))
        time.sleep(REST)
        yield others


@contextmanager
def _process(work: "Callable[[Connection[object, None]], None]") -> Iterator[int]:
    """Have a process work, which tells by its pipe that it has begun; yield its id."""
    ours, theirs = Pipe()
    process = get_context("spawn").Process(target=work, args=(theirs,))
    process.start()
    theirs.close()
    try:
        ours.recv()
        assert process.pid is not None
        yield process.pid
        if process.exitcode is not None:
            raise RuntimeError(f"A process beside the load ended with code {process.exitcode}.")
    finally:
        process.terminate()
        process.join()


def _follow(address: str, sweep: str, pipe: "Connection[object, None]") -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    follow(address, sweep, FEEDS, pipe)


def _send_all(address: str, requests: Sequence[bytes], pipe: "Connection[object, None]") -> None:
    """Send one request after the other at a steady pace, and look at the beginning of each answer."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    place = urlsplit(address)
    pipe.send(True)
    began = time.monotonic()
    for number, request in enumerate(cycle(requests)):
        _send(place.hostname or "", place.port or 0, request.replace(b"{host}", place.netloc.encode()))
        time.sleep(max(0.0, began + number / HOSTILE_A_SECOND - time.monotonic()))


def _send(host: str, port: int, request: bytes) -> None:
    """Send, and wait a moment for an answer. Raises RuntimeError if it is a server error."""
    with closing(socket.create_connection((host, port), timeout=0.1)) as connection:
        try:
            connection.sendall(request)
            answer = connection.recv(12)
        except OSError:
            return  # it waits for the rest of what was cut off, or has hung up already
    if answer[9:10] == b"5":
        raise RuntimeError(f"A request was answered {answer.decode()}: {request[:200]!r}")


def _rows(measured: Mapping[str, Sequence[Waits]]) -> Iterable[Sequence[str]]:
    for kind in KINDS:
        count = sum(len(one[kind]) for rounds in measured.values() for one in rounds)
        highest = {turn: [_share(one[kind], 0.99) for one in rounds] for turn, rounds in measured.items()}
        times = [
            (Spread.of(_share(one[kind], 0.5) for one in rounds).median, Spread.of(highest[turn]).median)
            for turn, rounds in measured.items()
        ]
        figures = [f"{1e3 * one:.1f} ms" for pair in times for one in pair]
        alone, *beside = highest.values()
        reads, hostile = (Spread.of_ratios(one, alone) for one in beside)
        yield [kind, f"{count:,}", *figures, reads.show("x", 2), hostile.show("x", 2), SLOWER.verdict(hostile.median)]


def _share(ordered: Sequence[float], share: float) -> float:
    return ordered[int(share * (len(ordered) - 1))]


if __name__ == "__main__":
    main()
