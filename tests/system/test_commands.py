"""The commands that the README promises, as a person or a container runs them."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from engine.models import FORMATS
from tests.engine.models.trained import trained
from tests.system.processes import PATIENCE, ServerProcess, child_ids, gone, running

COMMAND = [sys.executable, "-m", "app.cli"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server without workers."""
    process = ServerProcess(tmp_path_factory.mktemp("first") / "data")
    with running(process):
        yield process


def demo(data: Path, *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*COMMAND, "demo", "--data", str(data), "--port", "0", "--workers", "1", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_the_demo_shows_the_leader_board_of_64_trials_and_ends_when_asked_to(tmp_path: Path) -> None:
    process = demo(tmp_path / "data", "--leave")
    output, _ = process.communicate(timeout=PATIENCE)

    assert process.returncode == 0, output
    assert "64/64 trials done" in output
    assert "Leader board" in output
    assert re.search(r"Dashboard: http://127\.0\.0\.1:\d+    API docs: http://127\.0\.0\.1:\d+/docs", output)
    assert re.search(r"Watch it in a browser: http://127\.0\.0\.1:\d+/#/sweeps/swp_", output)


def test_sigterm_amid_the_demo_and_ctrl_c_end_it_and_its_server_and_it_can_be_run_again(
    tmp_path: Path,
) -> None:
    for number, moment in ((signal.SIGTERM, "Watch it in a browser"), (signal.SIGINT, "until you press Ctrl-C")):
        process = demo(tmp_path / "data")
        assert process.stdout is not None
        next(line for line in process.stdout if moment in line)
        (server,) = child_ids(process.pid)
        process.send_signal(number)
        rest, _ = process.communicate(timeout=PATIENCE)

        assert process.returncode == 0, rest
        assert "Traceback" not in rest
        assert gone(server)


@pytest.mark.parametrize("taken", ["folder", "port"])
def test_a_second_server_on_the_same_folder_or_port_refuses_with_a_sentence(
    server: ServerProcess, taken: str, tmp_path: Path
) -> None:
    port, data = (0, server.data) if taken == "folder" else (server.port, tmp_path / "other")
    second = subprocess.run(
        [*COMMAND, "serve", "--port", str(port), "--data", str(data), "--workers", "0"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert second.returncode == 1
    assert (str(data) if taken == "folder" else f"port {port} cannot be used") in second.stderr
    assert "Traceback" not in second.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_and_its_workers_and_leaves_a_database_of_one_file(
    number: signal.Signals, tmp_path: Path
) -> None:
    server = ServerProcess(tmp_path / "data", workers=1)
    with running(server):
        server.process.send_signal(number)
        assert server.process.wait(PATIENCE) == 0
        assert server.children() == []
    assert [path.name for path in (tmp_path / "data").glob("logsweep.db*")] == ["logsweep.db"]
    assert f"{server.address} is served" in (tmp_path / "data.log").read_text().partition("\n")[0]


def test_rows_are_predicted_with_a_model_file_and_faults_go_to_standard_error(tmp_path: Path) -> None:
    one = trained("multiclass")
    model, rows = tmp_path / "model.npz", tmp_path / "rows.csv"
    model.write_bytes(FORMATS["npz"](one.model))

    def predict(text: str) -> "subprocess.CompletedProcess[str]":
        rows.write_text(text)
        command = [*COMMAND, "predict", str(model), str(rows)]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)

    done = predict("words,gaps,far,y,when\nred,0.5,100001,yes,today\n,,99999,,\n")
    header, *lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr.splitlines()) == (
        0,
        [
            'Note: The column "y" was passed over: it is what the model predicts.',
            'Note: Columns that the model does not know were passed over: "when".',
        ],
    )
    assert header == "prediction,probability_no,probability_perhaps,probability_yes"
    assert [line.split(",")[0] in one.model.classes for line in lines] == [True, True]
    refused = predict("words,gaps\nred,much\n")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert [line.split(" is ")[0] for line in refused.stderr.splitlines()] == [
        'The column "far"',
        'Line 2, column "gaps": "much"',
    ]


def test_a_model_file_is_scored_on_a_file_and_faults_go_to_standard_error(tmp_path: Path) -> None:
    model, rows = tmp_path / "model.npz", tmp_path / "rows.csv"
    model.write_bytes(FORMATS["npz"](trained("regression").model))

    def evaluate(text: str) -> "subprocess.CompletedProcess[str]":
        rows.write_text(text)
        command = [*COMMAND, "evaluate", str(model), str(rows)]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)

    done = evaluate("words,gaps,far,y,when\nred,0.5,100001,5000,today\n,,99999,6000,\n")
    assert (done.returncode, done.stderr) == (
        0,
        'Note: Columns that the model does not know were passed over: "when".\n',
    )
    scores = dict(line.split(",") for line in done.stdout.splitlines())
    assert list(scores) == ["metric", "rows", "loss", "rmse", "mae", "r2", "median_absolute_error"]
    assert scores["rows"] == "2"
    assert float(scores["rmse"]) >= float(scores["mae"]) > 0.0
    refused = evaluate("words,gaps,far,y\nred,1,2,\n")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith('The target "y" is missing in line 2.')


def test_the_version_is_told() -> None:
    shown = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, timeout=PATIENCE, check=True)

    assert shown.stdout == f"logsweep {version('logsweep')}\n"


def test_every_command_explains_itself() -> None:
    for command in ([], ["serve"], ["work"], ["demo"], ["predict"], ["evaluate"], ["gradcheck"]):
        shown = subprocess.run(
            [*COMMAND, *command, "--help"],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            env={**os.environ, "COLUMNS": "100"},
        )

        assert shown.returncode == 0
        assert "Usage" in shown.stdout
