"""Use cases on a real file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.composition import open_services
from app.services.services import Services
from app.settings import Settings
from tests.app.storage.new_database import put_new_database


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """The use cases on a data folder of this test alone, with planner and reaper."""
    with open_services(Settings(data=put_new_database(tmp_path))) as opened:
        yield opened
