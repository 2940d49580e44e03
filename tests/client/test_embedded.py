"""A server of one's own begins with a client and ends with it, however that ends."""

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

import logsweep
from tests.app.api.serving import sweep_body
from tests.system.processes import PATIENCE, gone, until

_SCRIPT = """
import os, signal, logsweep
client = logsweep.local(workers=0)
print(client.url, client.process_id, flush=True)
{end}
"""


def _is_served(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").is_success
    except httpx.TransportError:
        return False


def test_a_sweep_right_after_the_start_has_workers() -> None:
    with logsweep.local(workers=1) as client:
        assert client.sweep(sweep_body(budget={"trials": 2})).now.no_workers is None


def test_a_context_serves_trains_and_leaves_nothing_behind() -> None:
    with logsweep.local(workers=1) as client:
        sweep = client.sweep(sweep_body(budget={"trials": 2}))
        assert sweep.wait(PATIENCE, progress=False).now.state == "completed"
        url, folder = client.url, client.data
        assert (folder / "logsweep.db").exists()
    assert not _is_served(url)
    assert not folder.exists()
    client.close()  # again is harmless


def test_a_folder_that_is_given_stays(tmp_path: Path) -> None:
    with logsweep.local(tmp_path / "data", workers=0) as client:
        sweep = client.sweep(sweep_body()).id
    with logsweep.local(tmp_path / "data", workers=0) as client:
        assert client.get_sweep(sweep).now.state == "running"


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with (
        logsweep.local(tmp_path, workers=0),
        pytest.raises(logsweep.Unreachable, match="did not start") as told,
    ):
        logsweep.local(tmp_path, workers=0)
    assert "Stop it first" in str(told.value)


@pytest.mark.parametrize("end", ["", "os.kill(os.getpid(), signal.SIGKILL)", "raise SystemExit(1)"])
def test_the_server_ends_with_the_interpreter_even_if_that_is_killed(end: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(end=end)], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    url, process = done.stdout.split()
    until(lambda: gone(int(process)), "the server ends", PATIENCE)
    assert not _is_served(url)


@pytest.mark.parametrize("end", ["raise SystemExit(7)", "client.close(); os._exit(7)"])
def test_a_process_that_was_forked_leaves_the_server_to_its_parent(end: str) -> None:
    child = (
        "child = os.fork()",
        f"if not child: {end}",
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), client.health().status, client.data.is_dir())",
        "client.close()",
        "print(client.data.exists())",
    )
    script = _SCRIPT.format(end="\n".join(child))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1:] == ["7 ok True", "False"]


def test_who_has_no_server_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logsweep.embedded.entry_points", lambda **_: importlib.metadata.EntryPoints())
    with pytest.raises(logsweep.ServerNotInstalled, match=r"pip install logsweep.*logsweep\.Client\(url\)"):
        logsweep.local()
