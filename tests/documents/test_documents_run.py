"""The README and the documents are run from their own text: each snippet works, and answers what is shown below it."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.documents.session import ROOT, Session
from tests.documents.snippets import Snippet, shows, snippets, without
from tests.system.processes import ServerProcess, running

NOT_RUN = {
    "make demo": "it installs from nothing and serves on; tests/system runs logsweep demo, the rest of it",
    "make test": "it is what runs this",
    "make bench": "it takes minutes",
    "make bench-accuracy": "it takes an hour",
    "make bench-search": "it needs tables, and takes minutes",
    "python -m benchmarks": "each takes a minute or more",
}
"""What lines begin with that are not run, with the reason."""

SECONDS = 600.0
"""A document takes a minute; on a machine that is busy otherwise, several times that."""

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def _runnable(document: Path) -> Sequence[Snippet]:
    return [*without(snippets(document.read_text()), list(NOT_RUN))]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is missing; make test installs it")
@pytest.mark.parametrize("document", [one for one in DOCUMENTS if _runnable(one)], ids=lambda path: path.name)
def test_every_snippet_works_and_answers_what_is_shown(document: Path, tmp_path: Path) -> None:
    found = _runnable(document)
    server = ServerProcess(tmp_path / "data", workers=1)
    with running(server):
        outputs = Session(tmp_path, server.address).run(found, SECONDS)

    assert len(outputs) == len(found)
    for snippet, output in zip(found, outputs, strict=True):
        if snippet.answer is not None:
            assert shows(snippet.answer, output), f"{snippet.code}\n--- shows\n{snippet.answer}\n--- gave\n{output}"


def test_the_readme_is_run() -> None:
    assert len(_runnable(ROOT / "README.md")) >= 10


@pytest.mark.parametrize("start", NOT_RUN)
def test_what_is_not_run_is_there(start: str) -> None:
    lines = [line for document in DOCUMENTS for line in document.read_text().splitlines()]
    assert any(line.startswith(start) for line in lines)
