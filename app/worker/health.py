"""The health of a worker, told on a port of loopback to whoever watches over its process."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from app.domain.errors import Unavailable

MOST_SILENT_SECONDS = 60.0
"""How long its server may not have answered a worker that is well: four times as long as a claim waits."""

PATH = "/healthz"

PORT_VARIABLE = "LOGSWEEP_HEALTH_PORT"
"""What names the port in the environment of a worker."""


@dataclass(frozen=True, slots=True)
class Health:
    """What a worker does, and for how many seconds its server has not answered."""

    doing: str
    silent_seconds: float

    @property
    def well(self) -> bool:
        """Whether the server still answers; what trains, and how long, is no sign: an epoch may take minutes."""
        return self.silent_seconds <= MOST_SILENT_SECONDS


@contextmanager
def health_told(port: int, ask: Callable[[], Health]) -> Iterator[int]:
    """Answer GET /healthz on a port of 127.0.0.1 meanwhile, with 200 or 503; yield the port, which for 0 is a free one.

    Raises Unavailable if the port cannot be used.
    """
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _answering(ask))
    except OSError as error:
        raise Unavailable(
            f"The port {port} cannot be used for health checks: {error.strerror}. Choose another --health-port."
        ) from None
    thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answering(ask: Callable[[], Health]) -> type[BaseHTTPRequestHandler]:
    """Return the class of the handlers, as the standard library wants one."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 5.0

        def do_GET(self) -> None:  # the name that the standard library looks for
            if self.path != PATH:
                self.send_error(404, f"There is {PATH} alone.")
                return
            health = ask()
            body = json.dumps(asdict(health)).encode()
            self.send_response(200 if health.well else 503)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log no request: checks come every few seconds."""

    return Handler
