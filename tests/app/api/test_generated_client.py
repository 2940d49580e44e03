"""A client that is made from the document of the API speaks with a real server; tsc checks its calls in make check."""

import json
import subprocess
import sys
from pathlib import Path

import httpx

WEB = Path(__file__).parents[3] / "web"
NODE = Path(sys.executable).parent / "node"


def test_a_client_made_from_the_document_posts_a_sweep_reads_it_and_is_told_what_is_wrong(client: httpx.Client) -> None:
    command = [str(NODE), str(WEB / "try_client.js"), str(client.base_url).rstrip("/")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert said == {"first": [1], "faults": ["/budget/trials", "/dataset"], "state": "cancelled"}
