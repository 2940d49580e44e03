"""What is locked: a version, with its hash, of everything that pyproject.toml asks for, and within its bounds."""

import tomllib
from collections.abc import Iterator

import pytest
from packaging.requirements import Requirement

from tests.documents.session import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
FOLDER = ROOT / "requirements"
LOCKS = {"run": [], "image": ["onnx", "parquet"], "dev": ["dev"], "docs": ["dev", "docs"], "oldest": ["dev"]}
"""The extras that each lock has beside what logsweep needs to run."""

CLIENT = "logsweep-client"
"""What is of this repository, and in no lock: it is installed beside the server."""


def asked(extras: list[str]) -> Iterator[Requirement]:
    for text in [
        *PROJECT["dependencies"],
        *(one for extra in extras for one in PROJECT["optional-dependencies"][extra]),
    ]:
        if Requirement(text).name != CLIENT:
            yield Requirement(text)
    for line in (FOLDER / "build.in").read_text().splitlines():
        if not line.startswith("#"):
            yield Requirement(line)


def locked(name: str) -> dict[str, list[str]]:
    """Return the versions of each package in a lock; one may have several, for several versions of Python."""
    found: dict[str, list[str]] = {}
    for line in (FOLDER / f"{name}.lock").read_text().splitlines():
        if not line.startswith(" "):
            one = Requirement(line.removesuffix("\\"))
            (exact,) = one.specifier
            found.setdefault(one.name, []).append(exact.version)
    return found


def test_there_is_no_other_lock() -> None:
    assert {path.stem for path in FOLDER.glob("*.lock")} == LOCKS.keys()


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_all_that_is_asked_for_within_the_bounds(name: str) -> None:
    versions = locked(name)
    for one in asked(LOCKS[name]):
        assert versions.get(one.name), f"{one.name} is not in {name}.lock: run make lock"
        assert all(map(one.specifier.contains, versions[one.name])), f"{one} is not {versions[one.name]}: run make lock"


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_place_and_every_version_has_its_hashes(name: str) -> None:
    text = (FOLDER / f"{name}.lock").read_text()
    assert "/" not in text
    assert CLIENT not in text
    assert all("--hash=sha256:" in block for block in text.replace("\n ", " ").splitlines())


@pytest.mark.parametrize("name", ["run", "image"])
def test_what_runs_is_what_was_tested(name: str) -> None:
    run, dev = locked(name), locked("dev")
    assert {name: dev.get(name) for name in run} == run
