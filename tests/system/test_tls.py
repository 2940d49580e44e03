"""HTTPS by files: workers of the server reach it, and files that cannot be used are named in a sentence."""

import ssl
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.app.api.serving import sweep_body
from tests.system.processes import PATIENCE, ServerProcess, finish, post_sweep, running
from tests.system.test_commands import COMMAND

CERTIFICATE = Path(__file__).parent / "tls" / "certificate.pem"
"""Of sweeps.example.org, signed by itself: `openssl req -x509` made it and its key, which guards nothing."""
KEY = CERTIFICATE.with_name("key.pem")


def test_a_server_with_a_certificate_serves_https_and_its_workers_trust_it_alone(tmp_path: Path) -> None:
    files = {"LOGSWEEP_TLS_CERTIFICATE": str(CERTIFICATE), "LOGSWEEP_TLS_KEY": str(KEY)}
    server = ServerProcess(tmp_path / "data", workers=1, variables=files)
    with running(server):
        trusted = ssl.create_default_context(cafile=str(CERTIFICATE))
        trusted.check_hostname = False
        with httpx.Client(base_url=server.address, verify=trusted, timeout=30.0) as client:
            assert finish(client, post_sweep(client, sweep_body()))["counts"]["completed"] == 4
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(server.address)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--tls-certificate", str(CERTIFICATE)], "TLS needs both files"),
        (["--tls-certificate", str(CERTIFICATE), "--tls-key", "/nowhere.pem"], "/nowhere.pem cannot be used"),
        (["--tls-certificate", str(KEY), "--tls-key", str(KEY)], "Name PEM files that belong together"),
    ],
)
def test_files_that_cannot_be_used_are_refused_with_a_sentence(tmp_path: Path, options: list[str], why: str) -> None:
    command = [*COMMAND, "serve", "--port", "0", "--data", str(tmp_path / "data"), "--workers", "0", *options]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert refused.returncode == 1
    assert why in refused.stderr
    assert "Traceback" not in refused.stderr
