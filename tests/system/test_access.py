"""Access keys with real processes: where a server listens, what its first start makes, and who can see the keys."""

import stat
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from tests.app.api.serving import sweep_body
from tests.system.processes import PATIENCE, ServerProcess, finish, post_sweep, running, until
from tests.system.test_commands import COMMAND


def test_a_server_without_a_key_does_not_listen_elsewhere_and_says_the_way_out(tmp_path: Path) -> None:
    command = [*COMMAND, "serve", "--host", "0.0.0.0", "--port", "0", "--data", str(tmp_path / "data")]  # noqa: S104 # refused
    refused = subprocess.run(
        [*command, "--workers", "0"], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert "logsweep key create" in refused.stderr.splitlines()[-1]
    assert "Traceback" not in refused.stderr


def test_the_first_start_makes_keys_and_workers_train_with_one_that_nobody_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {scope: tmp_path / f"{scope}.key" for scope in ("admin", "work")}
    files["work"].write_text("of an earlier folder")
    for scope, file in files.items():
        monkeypatch.setenv(f"LOGSWEEP_FIRST_{scope.upper()}_KEY", str(file))
    monkeypatch.setenv("LOGSWEEP_HOST", "0.0.0.0")  # noqa: S104 # with keys it may
    server = ServerProcess(tmp_path / "data", workers=1)
    with running(server):
        tokens = {scope: file.read_text().strip() for scope, file in files.items()}
        assert {stat.S_IMODE(file.stat().st_mode) for file in files.values()} == {0o600}
        assert server.client.get("/v1/sweeps").status_code == 401
        assert server.client.get("/v1/workers", headers=_bearer(tokens["work"])).status_code == 403
        server.client.headers.update(_bearer(tokens["admin"]))
        assert finish(server.client, post_sweep(server.client, sweep_body()))["counts"]["completed"] == 4
        (child,) = until(server.children, "the worker is there")
        assert "lsk_" not in _seen_of(child)
        _require_commands(server, tokens)
    log = (tmp_path / "data.log").read_text()
    assert "lsk_" not in log


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _seen_of(process: int) -> str:
    """Return what others see of a process: its command and its variables."""
    return "".join(Path(f"/proc/{process}/{what}").read_text() for what in ("cmdline", "environ"))


def _require_commands(server: ServerProcess, tokens: dict[str, str]) -> None:
    """Commands ask with the key of the environment."""
    asked = {"LOGSWEEP_SERVER": server.address}
    assert CliRunner().invoke(app, ["workers"], env=asked).exit_code == 1
    assert CliRunner().invoke(app, ["workers"], env={**asked, "LOGSWEEP_KEY": tokens["admin"]}).exit_code == 0
