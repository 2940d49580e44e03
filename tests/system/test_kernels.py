"""A sweep leaves the same table whether its kernels run in NumPy, compiled, or go over in the middle."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.demo import EXAMPLE
from engine.kernels import CHOICES
from tests.system.processes import ServerProcess, finish, post_sweep, running
from tests.system.tables import result_tables


@pytest.mark.parametrize("trials", [16, pytest.param(64, marks=pytest.mark.large)])
def test_the_example_sweep_has_one_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trials: int) -> None:
    tables = {}
    for choice in CHOICES:
        monkeypatch.setenv("LOGSWEEP_KERNELS", choice)
        # Empty: `auto` compiles while the sweep runs.
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / choice / "cache"))
        data = tmp_path / choice / "data"
        data.parent.mkdir()
        server = ServerProcess(data, workers=2)
        with running(server):
            sweep = post_sweep(server.client, {**EXAMPLE, "budget": {"trials": trials}})
            finish(server.client, sweep)
        tables[choice] = result_tables(data, sweep)

    assert len(tables["numpy"]["trials"]) == trials
    assert len(tables["numpy"]["models"]) >= 0.75 * trials
    assert tables["compiled"] == tables["numpy"]
    assert tables["auto"] == tables["numpy"]
    assert list((tmp_path / "compiled" / "cache").rglob("*.so"))
    assert not (tmp_path / "numpy" / "cache").exists()


@pytest.mark.parametrize(
    "command", [["serve", "--port", "0", "--data"], ["work", "--server", "http://127.0.0.1:9", "--name"]]
)
@pytest.mark.parametrize(
    ("choice", "sentence"),
    [("fast", "LOGSWEEP_KERNELS is 'fast'."), ("compiled", "There is no C compiler")],
)
def test_kernels_that_cannot_be_had_end_a_process_at_its_start(
    tmp_path: Path, command: list[str], choice: str, sentence: str
) -> None:
    environment = {**os.environ, "LOGSWEEP_KERNELS": choice, "XDG_CACHE_HOME": str(tmp_path), "PATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *command, str(tmp_path / "data")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith(sentence)
