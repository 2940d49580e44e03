"""A worker trusts the certificate of its server alone, and says so where the file is none."""

from pathlib import Path

import pytest

from app.domain.errors import Unavailable
from app.worker.pinning import pinned


def test_a_file_that_is_no_certificate_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (file := tmp_path / "server.pem").write_text("no certificate")
    with pytest.raises(Unavailable, match=r"server\.pem of the server cannot be used: .* --tls-certificate"):
        pinned(file)
