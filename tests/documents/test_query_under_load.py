"""The snippets of docs/query.md that read beside the server are right at every moment of its work."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from app.storage import FILE
from tests.documents.session import ROOT
from tests.documents.snippets import snippets
from tests.system.processes import PATIENCE, ServerProcess, counts, in_the_middle, post_sweep, running, until

SWEEP: dict[str, Any] = {
    "name": "irises",
    "dataset": "iris",
    "seed": 7,
    "space": {"learning_rate": {"kind": "float", "low": 1e-4, "high": 0.3, "scale": "log"}},
    "fixed": {"epochs": 20, "hidden_units": [4]},
    "budget": {"trials": 5000},
}
_BESIDE, _, _ = (ROOT / "docs" / "query.md").read_text().partition("## Ten questions")
READING = [one.code for one in snippets(_BESIDE) if one.language == "python"]
_AGAIN = """
import sys
for code in sys.argv[2:]:
    for _ in range(int(sys.argv[1])):
        exec(code)
"""


def test_every_snippet_gives_one_moment_again_and_again_while_the_server_trains_and_writes(tmp_path: Path) -> None:
    assert len(READING) == 3
    server = ServerProcess(tmp_path / "data", workers=1)
    with running(server):
        sweep = post_sweep(server.client, SWEEP)
        until(lambda: in_the_middle(server.client, sweep), "some trials are done")
        before = counts(server.client, sweep)["completed"]
        command = [sys.executable, "-c", _AGAIN, "40", *READING]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        after = counts(server.client, sweep)
        assert before < after["completed"], "nothing was written meanwhile"
        assert after["running"] > 0
    assert "ERROR" not in (tmp_path / "data.log").read_text()


def test_immutable_misses_what_was_committed(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data")
    with running(server):
        post_sweep(server.client, SWEEP)
        with closing(sqlite3.connect(f"file:{tmp_path / 'data' / FILE}?mode=ro", uri=True)) as right:
            assert right.execute("SELECT name FROM sweeps").fetchall() == [("irises",)]
        with closing(sqlite3.connect(f"file:{tmp_path / 'data' / FILE}?immutable=1", uri=True)) as wrong:
            assert wrong.execute("SELECT name FROM sweeps").fetchall() == []
