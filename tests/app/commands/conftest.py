"""The command line beside a real server."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from app.services.services import Services
from tests.app.api.serving import Trainer, serving

Run = Callable[..., Result]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[httpx.Client, Services]]:
    """A client and the use cases of a server for this test alone."""
    with serving(tmp_path / "data") as both:
        yield both


@pytest.fixture
def client(served: tuple[httpx.Client, Services]) -> httpx.Client:
    """A client of a server for this test alone."""
    return served[0]


@pytest.fixture
def trainer(client: httpx.Client) -> Trainer:
    """A trainer at that server."""
    return Trainer(client)


@pytest.fixture
def run(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command beside the server; `code` is the exit code that it must have."""
    monkeypatch.setenv("LOGSWEEP_SERVER", str(client.base_url))
    monkeypatch.setenv("COLUMNS", "200")

    def command(*words: str, code: int = 0, sent: str | None = None) -> Result:
        result = CliRunner().invoke(app, words, input=sent)
        assert result.exit_code == code, f"{result.output}\n{result.stderr}\n{result.exception!r}"
        return result

    return command


def told(result: Result) -> Any:
    """Return what a command answered in JSON."""
    return json.loads(result.stdout)
