"""The compose file and the Dockerfile, without a Docker engine."""

import re
import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from typer.testing import CliRunner

from app.cli import app
from engine.kernels.compiler import library_name
from engine.kernels.level import levels

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def instructions(name: str) -> list[str]:
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.removeprefix(name).strip() for line in joined.splitlines() if line.startswith(f"{name} ")]


def test_the_compose_file_keeps_to_the_compose_specification() -> None:
    checked = subprocess.run(
        [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--builtin-schema",
            "vendor.compose-spec",
            str(ROOT / "docker-compose.yml"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_ports_are_published_on_loopback_only() -> None:
    published = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]

    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_only_the_server_mounts_the_database_and_workers_can_be_scaled() -> None:
    server, worker = COMPOSE["services"]["server"], COMPOSE["services"]["worker"]

    assert server["volumes"] == ["data:/data", "keys:/keys"]
    assert worker["volumes"] == ["keys:/keys:ro"]
    assert "container_name" not in worker
    assert "ports" not in worker
    assert "data" in COMPOSE["volumes"]


def test_the_first_start_makes_a_key_for_workers_where_they_find_it_and_none_for_more() -> None:
    server, worker = COMPOSE["services"]["server"], COMPOSE["services"]["worker"]

    assert server["environment"]["LOGSWEEP_FIRST_WORK_KEY"] in worker["command"]
    assert server["environment"]["LOGSWEEP_FIRST_ADMIN_KEY"].startswith("/data/")
    assert "/keys" in instructions("RUN")[-1]
    assert f"http://{server['environment']['LOGSWEEP_HOSTS']}:8000" in worker["command"]


def test_every_service_has_a_health_check_that_is_valid_python() -> None:
    for service in COMPOSE["services"].values():
        kind, program, flag, code = service["healthcheck"]["test"]

        assert (kind, program, flag) == ("CMD", "python", "-c")
        compile(code, "healthcheck", "exec")


def test_the_commands_of_the_containers_are_commands_of_logsweep() -> None:
    containers = [service["command"] for service in COMPOSE["services"].values()]
    containers.append(yaml.safe_load(instructions("CMD")[0]))
    for program, command, *options in containers:
        shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"})

        assert program == "logsweep"
        assert shown.exit_code == 0
        for option in options[::2]:
            assert option in re.sub(r"\x1b\[[0-9;]*m", "", shown.stdout), f"{command} has no {option}"


def test_the_image_installs_as_make_does_and_does_not_run_as_root() -> None:
    installs = [shlex.split(step.partition("&&")[2]) for step in instructions("RUN") if "pip install" in step]
    makefile = (ROOT / "Makefile").read_text()

    assert instructions("USER") == ["logsweep"]
    assert [words[1:4] for words in installs] == [["-m", "pip", "install"]]
    assert [word for word in installs[0] if word.startswith(".")] == ["./client", ".[onnx,parquet]"]
    assert "-m pip" in makefile
    assert "--editable ./client --editable .\n" in makefile


def test_the_image_copies_files_that_exist_and_are_not_ignored() -> None:
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for step in instructions("COPY"):
        if step.startswith("--from"):
            continue
        for source in step.split()[:-1]:
            assert (ROOT / source).exists()
            assert source in kept


def test_the_image_has_kernels_for_every_processor_and_compiles_none_itself(tmp_path: Path) -> None:
    build, run = DOCKERFILE.split("\nFROM ")[-2:]
    shutil.copytree(ROOT / "engine", tmp_path / "engine", ignore=shutil.ignore_patterns("compiled", "__pycache__"))
    subprocess.run([sys.executable, "-m", "engine.kernels"], cwd=tmp_path, check=True)
    made = {path.name: path.stat() for path in (tmp_path / "engine" / "kernels" / "compiled").iterdir()}

    assert "-m engine.kernels" in build
    assert build.startswith("python:3.12 AS build\n")
    assert run.startswith("python:3.12-slim\n")
    assert made.keys() == {library_name(level) for level in levels()}
    # Root makes them, and the image's user loads them.
    assert all(about.st_mode & stat.S_IROTH for about in made.values())
