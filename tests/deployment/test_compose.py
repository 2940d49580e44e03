"""The compose file and the Dockerfile, without a Docker engine."""

import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from app.cli import app
from engine.kernels.compiler import library_name
from engine.kernels.level import levels
from tests.system.processes import until

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def instructions(name: str) -> list[str]:
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.removeprefix(name).strip() for line in joined.splitlines() if line.startswith(f"{name} ")]


@pytest.mark.parametrize("file", ["docker-compose.yml", "deployment/watch.yml"])
def test_the_compose_file_keeps_to_the_compose_specification(file: str) -> None:
    checked = subprocess.run(
        [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--builtin-schema",
            "vendor.compose-spec",
            str(ROOT / file),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_ports_are_published_on_loopback_only() -> None:
    watching = yaml.safe_load((ROOT / "deployment/watch.yml").read_text())
    services = [*COMPOSE["services"].values(), *watching["services"].values()]
    published = [port for service in services for port in service.get("ports", [])]

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


def test_every_service_runs_with_as_little_as_it_needs() -> None:
    for service in COMPOSE["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["tmpfs"] == ["/tmp"]  # noqa: S108  # the containers' own
        assert service["pids_limit"] > 0
        assert service["mem_limit"]


def test_no_registry_is_asked_for_the_image_that_is_built_here() -> None:
    policies = {name: service["pull_policy"] for name, service in COMPOSE["services"].items()}

    assert policies == {"server": "build", "worker": "never"}
    assert COMPOSE["services"]["worker"]["depends_on"] == {"server": {"condition": "service_healthy"}}


@contextmanager
def deployed(data: Path) -> Iterator[dict[str, str]]:
    """Run the commands of the two containers, and yield their health checks, with the addresses that they have here."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as another:
        ports = one.getsockname()[1], another.getsockname()[1]

    def here(text: str) -> str:
        changes = {"0.0.0.0": "127.0.0.1", "server:": "127.0.0.1:", "8000": str(ports[0]), "8001": str(ports[1])}  # noqa: S104
        for container, local in {**changes, "/data": str(data), "/keys": str(data)}.items():
            text = text.replace(container, local)
        return text

    services = COMPOSE["services"]
    started = []
    try:
        for service in (services["server"], services["worker"]):  # each once the one before is healthy, as it is said
            command = [sys.executable, "-m", "app.cli", *map(here, service["command"][1:])]
            variables = {name: here(value) for name, value in service.get("environment", {}).items()}
            started.append(subprocess.Popen(command, env={**os.environ, **variables}, stderr=subprocess.DEVNULL))
            until(partial(_succeeds, here(service["healthcheck"]["test"][-1])), "it is healthy")
        yield {name: here(service["healthcheck"]["test"][-1]) for name, service in services.items()}
    finally:
        for process in reversed(started):
            process.terminate()
            assert process.wait(60) == 0


def test_the_containers_become_healthy_and_stop_when_asked(tmp_path: Path) -> None:
    for service in COMPOSE["services"].values():
        assert service["healthcheck"]["test"][:3] == ["CMD", "python", "-c"]
    with deployed(tmp_path) as checks:
        for name, code in checks.items():
            until(partial(_succeeds, code), f"the {name} is healthy")


def _succeeds(code: str) -> bool:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


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
    third, own = [step for step in instructions("RUN") if "pip --python" in step]
    makefile = (ROOT / "Makefile").read_text()

    assert instructions("USER") == ["logsweep"]
    assert third.endswith("install --require-hashes --requirement requirements/image.lock")
    assert "install --no-deps --no-build-isolation ./client ." in own
    assert "install --require-hashes --requirement $<" in makefile
    assert "install --no-deps --no-build-isolation --editable ./client --editable ." in makefile


def test_an_image_of_changed_code_installs_nothing_else_again() -> None:
    steps = [line for line in DOCKERFILE.splitlines() if line.startswith(("COPY", "RUN", " "))]
    installed = next(place for place, step in enumerate(steps) if "image.lock" in step and "install" in step)

    assert "--mount=type=cache,target=/root/.cache/pip" in DOCKERFILE
    assert [step for step in steps[:installed] if step.startswith("COPY")] == [
        "COPY requirements/image.lock requirements/"
    ]


def test_the_image_says_what_it_is_and_makes_no_volumes() -> None:
    (label,) = instructions("LABEL")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    for name in ("title", "description", "licenses", "version", "revision"):
        assert f"org.opencontainers.image.{name}=" in label
    assert f"VERSION={version}" in instructions("ARG")
    assert not instructions("VOLUME")


def test_the_image_copies_files_that_exist_and_are_not_ignored() -> None:
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for step in instructions("COPY"):
        if step.startswith("--from"):
            continue
        for source in step.split()[:-1]:
            assert (ROOT / source).exists()
            assert source.partition("/")[0] in kept


def test_the_image_has_kernels_for_every_processor_and_compiles_none_itself(tmp_path: Path) -> None:
    build, run = DOCKERFILE.split("\nFROM ")[-2:]
    shutil.copytree(ROOT / "engine", tmp_path / "engine", ignore=shutil.ignore_patterns("compiled", "__pycache__"))
    subprocess.run([sys.executable, "-m", "engine.kernels"], cwd=tmp_path, check=True)
    made = {path.name: path.stat() for path in (tmp_path / "engine" / "kernels" / "compiled").iterdir()}

    assert "-m engine.kernels" in build
    assert build.startswith("${PYTHON} AS build\n")
    assert run.startswith("${PYTHON_SLIM}\n")
    assert instructions("ARG")[:2] == ["PYTHON=python:3.12", "PYTHON_SLIM=python:3.12-slim"]
    assert made.keys() == {library_name(level) for level in levels()}
    # Root makes them, and the image's user loads them.
    assert all(about.st_mode & stat.S_IROTH for about in made.values())
