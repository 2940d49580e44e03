"""`logsweep demo`: a server of its own, the example sweep on real digits, a live view, and the leader board."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO

import httpx
from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from app.domain import disks
from app.domain.errors import LogsweepError
from app.domain.problems import told
from app.key_files import TAKEN_FROM, authorization, find_key
from app.storage.lock import make_folder
from app.terminal import notes_of, show_notes

EXAMPLE: Mapping[str, Any] = {
    "name": "digits, first look",
    "dataset": "digits",
    "seed": 7,
    "space": {
        "learning_rate": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"},
        "beta1": {
            "kind": "float",
            "low": 0.9,
            "high": 0.999,
            "scale": "reverse_log",
            "when": {"optimizer": ["momentum", "adam"]},
        },
        "optimizer": {"kind": "choice", "values": ["momentum", "rmsprop", "adam"]},
        "hidden_units": {"kind": "choice", "values": [[32], [64], [64, 32]]},
        "batch_size": {"kind": "choice", "values": [32, 64, 128]},
    },
    "fixed": {"epochs": 20, "activation": "relu"},
    "objective": {"metric": "dev_error", "direction": "minimize"},
    "sampler": {"kind": "random"},
    "scheduler": {"kind": "none"},
    "early_stopping": {"patience": 5, "min_delta": 0.0},
    "budget": {"trials": 64, "seconds": 600},
}

LEADERS = 10
START_SECONDS = 60.0
REFRESH_SECONDS = 0.1


def run_demo(data: Path, port: int, workers: int | None, *, leave: bool) -> int:
    """Run the whole demo; return the exit code. Ctrl-C ends it cleanly at any point.

    Raises LogsweepError if the data folder cannot be written, or its server refuses what the demo asks.
    """
    console = Console()
    make_folder(data)
    log = data / "server.log"
    address = f"http://127.0.0.1:{_free_port(port)}"
    with _log_of(data, log) as output:
        server = _start_server(address, data, workers, output)
        try:
            return _show(console, server, address, log, leave=leave)
        except KeyboardInterrupt:
            console.print("\nStopping. Run the demo again whenever you like; finished sweeps are kept.")
            return 0
        finally:
            with _signals_ignored():  # another one in the middle of the stop must not leave the server behind
                server.terminate()
                server.wait()


@contextmanager
def _signals_ignored() -> Iterator[None]:
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _log_of(data: Path, log: Path) -> BinaryIO:
    try:
        return log.open("ab")
    except OSError as error:
        raise disks.told(error, f"the data folder {data}") from None


def _free_port(wanted: int) -> int:
    """Return the wanted port, or a free one where something listens there already."""
    with socket.socket() as probe:
        taken = probe.connect_ex(("127.0.0.1", wanted)) == 0
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 0 if taken else wanted))
        return int(probe.getsockname()[1])


def _start_server(address: str, data: Path, workers: int | None, output: BinaryIO) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "app.cli", "serve", "--data", str(data)]
    command += ["--port", address.rpartition(":")[2]]
    command += [] if workers is None else ["--workers", str(workers)]
    # A session of its own: Ctrl-C reaches the demo alone, which then stops the server in order.
    return subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)  # noqa: S603  # our own


def _show(console: Console, server: subprocess.Popen[bytes], address: str, log: Path, *, leave: bool) -> int:
    console.print(f"Starting the server (its log: {log}) ...")
    with httpx.Client(base_url=address, headers=authorization(find_key(None, os.environ)), timeout=30.0) as client:
        if not _wait_until_ready(client, server):
            console.print(f"[red]The server did not start.[/red] The end of its log:\n{_tail(log)}")
            return 1
        sweep = _read(client.post("/v1/sweeps", json=EXAMPLE))["id"]
        console.print(f"Posted the sweep [bold]{EXAMPLE['name']}[/bold] as {sweep}.")
        console.print(f"Watch it in a browser: {address}/#/sweeps/{sweep}\n", soft_wrap=True)
        show_notes(notes_of(_read(client.get(f"/v1/datasets/{EXAMPLE['dataset']}"))["card"]))
        if not _follow(console, client, server, sweep):
            console.print(f"[red]The server ended.[/red] The end of its log:\n{_tail(log)}")
            return 1
        console.print("\n", _leader_board(client, sweep))
    console.print(f"\nDashboard: {address}    API docs: {address}/docs", soft_wrap=True)
    if not leave:
        console.print("The server goes on until you press Ctrl-C.")
        server.wait()
    return 0


def _read(answer: httpx.Response) -> dict[str, Any]:
    """Return what the server answered. Raises LogsweepError with its sentences if that is a refusal."""
    if answer.is_success:
        found: dict[str, Any] = answer.json()
        return found
    way = f" {TAKEN_FROM}" if answer.status_code == HTTPStatus.UNAUTHORIZED else ""
    raise LogsweepError(told(answer.status_code, answer.content) + way)


def _wait_until_ready(client: httpx.Client, server: subprocess.Popen[bytes]) -> bool:
    """Return whether the server answers in time; False at once if its process ends."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and _lives_on(server):
        try:
            ready = client.get("/readyz").is_success
        except httpx.TransportError:
            ready = False  # it does not listen yet
        if ready:
            return True
    return False


def _lives_on(server: subprocess.Popen[bytes]) -> bool:
    """Wait for one refresh of the display; return whether the server is still there after it."""
    try:
        server.wait(REFRESH_SECONDS)
    except subprocess.TimeoutExpired:
        return True
    return False


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])


def _follow(console: Console, client: httpx.Client, server: subprocess.Popen[bytes], sweep: str) -> bool:
    """Show the sweep until it has ended; return False if the server ended before it."""
    with Live(console=console) as live:
        while _lives_on(server):
            state = _read(client.get(f"/v1/sweeps/{sweep}"))
            live.update(progress_view(state, datetime.now(UTC)))
            if state["state"] != "running":
                return True
    return False


def progress_view(sweep: Mapping[str, Any], now: datetime) -> RenderableType:
    """Return the picture of a running sweep at the time `now`."""
    counts: Mapping[str, int] = sweep["counts"]
    total = sum(counts.values())
    waiting = counts.get("queued", 0) + counts.get("running", 0)
    done = total - waiting
    best = sweep["best"]
    line = Text.assemble(
        (f"{done}/{total} trials done", "bold"),
        f"   {counts.get('running', 0)} running   best {sweep['objective']['metric']} ",
        (f"{best['value']:.4f} (trial {best['trial']})" if best else "none yet", "green"),
        f"   {_time_left(sweep, done, waiting, now)}",
    )
    bar = Table.grid()
    bar.add_row(ProgressBar(total=max(total, 1), completed=done, width=60))
    return Group(bar, line)


def _time_left(sweep: Mapping[str, Any], done: int, waiting: int, now: datetime) -> str:
    if waiting == 0:
        return "finished"
    if done == 0 or sweep["started_at"] is None:
        return "time left unknown yet"
    elapsed = max((now - datetime.fromisoformat(sweep["started_at"])).total_seconds(), 0.0)
    return f"about {elapsed / done * waiting:.0f} s left"


def _leader_board(client: httpx.Client, sweep: str) -> Table:
    metric, higher = EXAMPLE["objective"]["metric"], EXAMPLE["objective"]["direction"] == "maximize"
    query = {"sort": f"-{metric}" if higher else metric, "state": "completed", "limit": str(LEADERS)}
    trials = _read(client.get(f"/v1/sweeps/{sweep}/trials", params=query))["items"]
    table = Table(title="Leader board", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    names = list(EXAMPLE["space"])
    for name in ("trial", "dev error", "test error", "best epoch", *names):
        table.add_column(name.replace("_", "\n").replace(" ", "\n"), justify="right", no_wrap=True)
    for trial in trials:
        metrics = trial["metrics"]
        cells = [str(trial["number"]), f"{metrics['dev_error']:.2%}", f"{metrics['test_error']:.2%}"]
        cells += [f"{trial['best_epoch']}/{trial['epochs']}"]
        table.add_row(*cells, *(_cell(trial["params"].get(name)) for name in names))
    return table


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
