"""The client is a distribution of its own: few dependencies, the version of the rest, and one name at the top."""

import ast
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

import logsweep
from tests.documents.session import ROOT

CLIENT = ROOT / "client"
PROJECT: dict[str, Any] = tomllib.loads((CLIENT / "pyproject.toml").read_text())["project"]
SERVER: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = {"numpy", "pandas", "polars", "rich"}
"""What is imported only where it is there, or only for those who check types."""


def _imported(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return {name.partition(".")[0] for name in found}


def test_the_client_needs_httpx_and_pydantic_alone() -> None:
    assert [Requirement(one).name for one in PROJECT["dependencies"]] == ["httpx", "pydantic"]
    imported = set().union(*map(_imported, (CLIENT / "src").rglob("*.py")))
    assert imported - sys.stdlib_module_names == {"logsweep", "httpx", "pydantic"} | EXTRAS
    assert {Requirement(one).name for extra in PROJECT["optional-dependencies"].values() for one in extra} == EXTRAS


def test_the_client_has_one_name_at_the_top_and_its_types() -> None:
    assert [path.name for path in (CLIENT / "src").iterdir() if path.name != "__pycache__"] == ["logsweep"]
    assert (CLIENT / "src" / "logsweep" / "py.typed").exists()


def test_the_server_depends_on_the_client_of_its_own_version() -> None:
    asked = {one.name: one for one in map(Requirement, SERVER["dependencies"])}
    assert PROJECT["version"] == SERVER["version"] == logsweep.__version__ == version("logsweep")
    assert str(asked["logsweep-client"].specifier) == f"=={PROJECT['version']}"
    assert PROJECT["requires-python"] == SERVER["requires-python"]


def test_the_client_allows_the_versions_that_the_server_allows() -> None:
    asked = {one.name: one.specifier for one in map(Requirement, SERVER["dependencies"])}
    for one in map(Requirement, PROJECT["dependencies"]):
        assert one.specifier == asked[one.name]
