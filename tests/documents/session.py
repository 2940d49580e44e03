"""A reader's session: the snippets of a document, run one after the other in one shell, beside a server."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.documents.snippets import Snippet

ROOT = Path(__file__).parents[2]
ADDRESS = "http://127.0.0.1:8000"
"""The server in the documents; in a test it listens on a free port."""

_CURL = "silent\nshow-error\nfail-with-body\n"
"""curl ends with an error where the server refuses something, so that no example fails unseen."""


class Session:
    """A folder with the files that a checkout has, a shell in it, and what came out of each snippet.

    The server's data folder is beside it, so that `data/` is where the documents say.
    """

    def __init__(self, folder: Path, server: str) -> None:
        self._server = server
        self.folder = folder / "checkout"
        shutil.copytree(ROOT / "docs" / "examples", self.folder / "docs" / "examples")
        (self.folder / ".venv").symlink_to(sys.prefix)
        (self.folder / "data").symlink_to(folder / "data")
        (folder / ".curlrc").write_text(_CURL)
        path = f"{sys.prefix}/bin:{os.environ['PATH']}"
        self._environment = {**os.environ, "CURL_HOME": str(folder), "PATH": path, "LOGSWEEP_SERVER": server}

    def run(self, snippets: Sequence[Snippet], seconds: float) -> list[str]:
        """Run the snippets and return the output of each; raise AssertionError for one that fails."""
        script = self.folder.parent / "session.sh"
        script.write_text("set -eu\n" + "\n".join(map(self._part, range(len(snippets)), snippets)))
        done = subprocess.run(
            ["bash", str(script)],  # noqa: S607  # the shell of whoever runs the tests
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        outputs = [path.read_text() for path in map(self._output, range(len(snippets))) if path.exists()]
        failed = snippets[len(outputs) - 1].code if outputs else script.read_text()
        assert done.returncode == 0, f"{failed}\n--- gave\n{outputs[-1] if outputs else ''}{done.stderr}"
        return outputs

    def _output(self, number: int) -> Path:
        return self.folder.parent / f"{number}.out"

    def _part(self, number: int, snippet: Snippet) -> str:
        """Return a snippet as a part of the script; one that shows a refusal is expected to fail."""
        code = snippet.code.replace(ADDRESS, self._server)
        if snippet.language == "python":
            code = f"python - <<'PYTHON'\n{code}\nPYTHON"
        if snippet.answer and '"status":4' in snippet.answer.replace(" ", ""):
            code = f"if {code}\nthen false; fi"
        return f"exec > {shlex.quote(str(self._output(number)))}\n{code}"
