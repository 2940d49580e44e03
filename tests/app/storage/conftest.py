"""A storage on a temporary folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.storage import Storage


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    """Return an open storage that is closed after the test."""
    opened = Storage(tmp_path)
    yield opened
    opened.close()
