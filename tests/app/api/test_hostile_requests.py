"""Bodies, forms, files and addresses for every route, drawn in their thousands: each is taken or refused, at once.

The routes are those of the OpenAPI document, so that a new one is among them by itself.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.api.document.examples import REQUESTS
from app.domain.access import Scope
from tests.app.api.guarded import bearer, guarded
from tests.app.api.late_answers import LONGEST_BESIDE_TESTS
from tests.app.api.serving import Trainer, start
from tests.app.api.test_datasets import TABLE
from tests.app.api.test_hostile_queries import require_taken_or_refused
from tests.app.api.training import train_all
from tests.suites.parsers.foreign import any_bytes, any_json, any_text
from tests.tries import tries

drawn = settings(max_examples=tries(40), suppress_health_check=list(HealthCheck), database=None)


@dataclass(frozen=True)
class Served:
    """A client that may do everything, the operations by their names, and what stands for the parameters of paths."""

    client: httpx.Client
    operations: Mapping[str, tuple[str, str]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with a sweep that was trained and one that waits."""
    with guarded(tmp_path_factory.mktemp("hostile")) as opened:
        address, admin = opened.client.base_url, bearer(opened.good[Scope.ADMIN])
        with httpx.Client(base_url=address, headers=admin, timeout=30.0) as client:
            sweep = start(client, budget={"trials": 2})["id"]
            train_all(client, Trainer(client))
            start(client)
            places = {"sweep": sweep, "number": "0", "name": "iris", "sha256": "0" * 64, "key": "key_1"}
            yield Served(client, _operations(client.get("/openapi.json").json(), places))


def _operations(document: Mapping[str, Any], places: Mapping[str, str]) -> Mapping[str, tuple[str, str]]:
    return {
        operation["operationId"]: (method, path.format_map(places))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


JSON = {name: kinds["application/json"] for name, kinds in REQUESTS.items() if "application/json" in kinds}


def test_each_operation_that_takes_json_has_a_body_to_begin_with(server: Served) -> None:
    document = server.client.get("/openapi.json").json()
    taking = {
        operation["operationId"]
        for methods in document["paths"].values()
        for operation in methods.values()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    }
    assert taking == JSON.keys()


@pytest.mark.parser
@drawn
@given(name=st.sampled_from(sorted(JSON)), data=st.data())
def test_bodies_of_json(server: Served, name: str, data: st.DataObject) -> None:
    method, path = server.operations[name]
    body = data.draw(any_json(JSON[name]))
    if isinstance(body, dict):
        body.pop("wait", None)  # whoever asks the server to wait is answered late
    sent = json.dumps(body).encode("utf-8", "surrogatepass")
    require_taken_or_refused(
        server.client,
        server.client.build_request(method, path, content=sent, headers={"Content-Type": "application/json"}),
    )


_PARTS = "".join(
    f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{said}\r\n'
    for name, said, more in (
        ("target", "variety", ""),
        ("file", TABLE[:200], '; filename="t.csv"\r\nContent-Type: text/csv'),
    )
)
_FORM = f"{_PARTS}--b--\r\n".encode()
FORMS = ("preview_dataset", "evaluate_model", "evaluate_ensemble")


# The reader of forms leaves the file of a part that never ends to the collector, which closes it.
@pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parser
@drawn
@given(
    name=st.sampled_from(FORMS),
    content=any_bytes(_FORM),
    kind=any_text("multipart/form-data; boundary=b", 'multipart/form-data; charset=utf-7; boundary="b"'),
)
def test_bytes_of_forms(server: Served, name: str, content: bytes, kind: str) -> None:
    method, path = server.operations[name]
    said = "".join(one for one in kind if " " <= one <= "~").strip().encode()
    request = server.client.build_request(method, path, content=content, headers=[(b"Content-Type", said)])
    require_taken_or_refused(server.client, request, LONGEST_BESIDE_TESTS)  # a preview is read in another process


@pytest.mark.parser
@drawn
@given(
    name=st.sampled_from(["add_artifact", "add_small_artifacts", "add_checkpoint"]),
    content=st.binary(max_size=100),
    sizes=st.lists(any_text("3", "100"), max_size=3),
    sha256=any_text("0" * 64),
)
def test_bytes_that_workers_hand_in(server: Served, name: str, content: bytes, sizes: list[str], sha256: str) -> None:
    method, path = server.operations[name]
    named = path.replace("0" * 64, quote(_sendable(sha256), safe=""))
    query = {"size": [_sendable(size) for size in sizes]} if name == "add_small_artifacts" else None
    headers = {"Content-Type": "application/octet-stream"}
    require_taken_or_refused(
        server.client, server.client.build_request(method, named, params=query, content=content, headers=headers)
    )


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


@pytest.mark.parser
@drawn
@given(data=st.data())
def test_addresses(server: Served, data: st.DataObject) -> None:
    known = [path for method, path in server.operations.values() if method == "get" and not path.endswith("events")]
    written = data.draw(any_text(*known, "/dashboard/index.html", "/docs", "/dashboard/%2e%2e/%2e%2e/app/cli.py"))
    raw = quote(_sendable(written), safe="%/?&=.;:@")
    assume("wait" not in raw and "/events" not in raw)  # those are answered late
    address = httpx.URL(server.client.base_url, raw_path=f"/{raw}".encode())
    require_taken_or_refused(server.client, server.client.build_request("GET", address))
