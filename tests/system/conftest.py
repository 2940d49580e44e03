"""After every test, what servers left behind is audited."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.storage.auditor import audit_folder


@pytest.fixture(autouse=True)
def _audited(tmp_path: Path) -> Iterator[None]:
    """Recount the databases that the test made."""
    yield
    audit_folder(tmp_path)


@pytest.fixture(autouse=True, scope="module")
def _audited_together(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Recount the databases that the tests of a module share, too."""
    yield
    audit_folder(tmp_path_factory.getbasetemp())
