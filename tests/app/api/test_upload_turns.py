"""Uploads wait for their turn without holding up anything else, and keys share the turns."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import httpx
import pytest

from app.domain.access import Scope
from app.domain.datasets import DatasetPreview
from app.domain.errors import Unavailable
from app.domain.uploads import UploadForm
from app.services.datasets import Datasets
from tests.app.api.guarded import Guarded, bearer, guarded
from tests.app.api.serving import problem
from tests.system.processes import until


class Slow:
    """Previews that have begun, and that take until they are told to end."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.end = Event()

    def preview(self, _files: object, form: UploadForm, _faults: object) -> DatasetPreview:
        self.begun.append(form.name)
        assert self.end.wait(60.0)
        raise Unavailable("That is enough.")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    """Uploads that take as long as the test wants."""
    found = Slow()
    monkeypatch.setattr(Datasets, "preview", lambda _, *asked: found.preview(*asked))
    return found


def preview(server: Guarded, scope: Scope) -> httpx.Response:
    files, about = {"file": ("t.csv", b"a,b\n1,2\n")}, {"name": scope.value, "target": "b"}
    headers = bearer(server.good[scope])
    return httpx.post(
        f"{server.client.base_url}/v1/datasets/preview", files=files, data=about, headers=headers, timeout=60
    )


def test_the_uploads_of_one_key_hold_up_no_other_key_and_no_other_request(tmp_path: Path, slow: Slow) -> None:
    with guarded(tmp_path, readings=2) as server, ThreadPoolExecutor(50) as crowd:
        many = [crowd.submit(preview, server, Scope.SUBMIT) for _ in range(45)]
        until(lambda: slow.begun, "one of them is read")
        other = crowd.submit(preview, server, Scope.ADMIN)
        until(lambda: len(slow.begun) == 2, "the other key's is read too")
        assert sorted(slow.begun) == ["admin", "submit"]
        content = server.client.get("/v1/datasets/iris/content", headers=bearer(server.good[Scope.WORK]))
        assert content.is_success
        slow.end.set()
        assert all("enough" in problem(one.result(), 503)["detail"] for one in [*many, other])


def test_an_upload_waits_no_longer_than_one_may_take(tmp_path: Path, slow: Slow) -> None:
    with guarded(tmp_path, readings=1, reading_seconds=0.2) as server, ThreadPoolExecutor(1) as beside:
        first = beside.submit(preview, server, Scope.SUBMIT)
        until(lambda: slow.begun, "it is read")
        assert "Other uploads" in problem(preview(server, Scope.ADMIN), 503)["detail"]
        slow.end.set()
        assert "enough" in problem(first.result(), 503)["detail"]
