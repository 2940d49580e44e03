"""A real server amid clients that hold connections and do nothing with them, few descriptors, and a stop."""

import resource
import signal
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

from app.http_server.server import GRACE_SECONDS
from tests.app.http_server.raw import connect, connected, has_hung_up, request
from tests.system.processes import ServerProcess, running, until

FEW = 256
LARGE = bytes(20 << 20)


def test_a_server_with_few_descriptors_answers_amid_more_idle_connections_than_it_has(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data", descriptors=FEW)
    with running(server), connected(server.client, 2 * FEW) as idle:
        assert server.client.get("/v1/sweeps").status_code == 200
        until(lambda: sum(map(has_hung_up, idle)) > FEW, "most of them have gone")
    assert len(log(server)) < 10_000


def test_a_server_that_runs_out_of_descriptors_says_so_in_a_line_and_goes_on(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data")
    with running(server):
        used = len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (used + 20, used + 20))
        with connected(server.client, 100):
            until(lambda: "could not be accepted (Too many open files)" in log(server), "it is said")
            assert server.client.get("/healthz").status_code == 200
    assert len(log(server)) < 10_000
    assert "Traceback" not in log(server)


def test_a_server_amid_clients_that_do_nothing_stops_within_its_grace(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data")
    checkpoint = f"/v1/work/checkpoints/{sha256(LARGE).hexdigest()}"
    with running(server), ExitStack() as stack:
        server.client.put(checkpoint, content=LARGE).raise_for_status()
        for sent in (
            b"",
            b"GET /heal",
            request("POST", "/v1/sweeps", "Content-Type: application/json", "Content-Length: 100", body=b"{"),
            request("PUT", f"/v1/work/artifacts/{'0' * 64}", "Content-Length: 100", body=b"x"),
            request("GET", "/v1/events"),
            request("GET", checkpoint),
        ):
            for _ in range(10):
                stack.enter_context(connect(server.client, sent, receive_buffer=4096))
        assert server.client.get("/healthz").status_code == 200
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(GRACE_SECONDS) == 0
    assert "Traceback" not in log(server)


def log(server: ServerProcess) -> str:
    return (server.data.parent / f"{server.data.name}.log").read_text()
