"""Texts that requests carry, drawn in their thousands: each is taken or refused as a problem, at once.

`LOGSWEEP_TRIES` multiplies how many are drawn; `make test-faults` draws for ten minutes of each kind.
"""

import base64
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.app.api.late_answers import LONGEST_ANSWER, LONGEST_BESIDE_TESTS
from tests.app.api.serving import Trainer, problem, serving, start
from tests.app.api.test_datasets import FORM, TABLE
from tests.tries import tries

drawn = settings(max_examples=tries(40), suppress_health_check=list(HealthCheck), database=None)

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=20), st.just("x" * 3_000)
)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
FIELDS = st.sampled_from(
    ["number", "value", "state", "dev_error", "param.learning_rate", "param.", "param", "epochs", "created_at", ""]
)
OPERATORS = st.sampled_from(["<", "<=", ">", ">=", "=", "!=", " in ", "==", "<>", "=<", ""])
VALUES = st.one_of(
    TREES.map(json.dumps),
    st.text(max_size=20),
    st.sampled_from(["NaN", "-Infinity", "1e999", "[" * 2_000, "9" * 5_000, '"\\ud800"', "[]", "{}", "'; --", "\0"]),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, str]]:
    """A client, and a sweep that has results."""
    with serving(tmp_path_factory.mktemp("hostile")) as (client, _):
        sweep = start(client, budget={"trials": 8})["id"]
        Trainer(client).train_everything((0.5, None, 0.25))
        yield client, sweep


def require_taken_or_refused(client: httpx.Client, request: httpx.Request, longest: float = LONGEST_ANSWER) -> None:
    """Send a request, which is no server error and not slow.

    On a busy machine it may be so once or twice, but never very: what is slow once, and known then, is slow.
    """
    for _ in range(3):
        answer = client.send(request)
        assert answer.elapsed.total_seconds() < 5 * longest
        assert answer.status_code < 500, answer.text
        if not answer.is_success and not answer.is_redirect:  # to the address without the slash at its end
            problem(answer, answer.status_code)
        if answer.elapsed.total_seconds() < longest:
            return
    pytest.fail(f"{request.method} {request.url} takes {answer.elapsed.total_seconds():.1f} s")


@pytest.mark.parser
@drawn
@given(
    where=st.lists(st.tuples(FIELDS, OPERATORS, VALUES).map("".join) | st.text(max_size=40), max_size=3),
    sort=st.tuples(st.sampled_from(["", "-", "--"]), FIELDS | st.text(max_size=30)).map("".join),
    state=st.lists(st.sampled_from(["completed", "failed"]) | st.text(max_size=10), max_size=2),
)
def test_conditions_and_sorts(server: tuple[httpx.Client, str], where: list[str], sort: str, state: list[str]) -> None:
    client, sweep = server
    query = {"where": _sendable(where), "sort": _sendable([sort]), "state": _sendable(state)}
    require_taken_or_refused(client, client.build_request("GET", f"/v1/sweeps/{sweep}/trials", params=query))


def _sendable(texts: list[str]) -> list[str]:
    """Return the texts without halves of surrogate pairs, which have no bytes in an address."""
    return [text.encode("utf-8", "replace").decode() for text in texts]


LISTS = (
    "/v1/sweeps",
    "/v1/datasets",
    "/v1/keys",
    "/v1/work/workers",
    "/v1/sweeps/{}/trials",
    "/v1/sweeps/{}/trials?sort=value",
    "/v1/sweeps/{}/trials?sort=-param.learning_rate",
    "/v1/sweeps/{}/decisions",
    "/v1/sweeps/{}/trials/0/curve",
    "/v1/sweeps/{}/trials/0/attempts",
)


@pytest.fixture(scope="module")
def cursors(server: tuple[httpx.Client, str]) -> list[str]:
    """Cursors that the service gave, of all lists that have a second page."""
    client, sweep = server
    for seed in range(2):
        start(client, seed=seed)
    pages = [client.get(one.format(sweep), params=_of_one(one)).json() for one in LISTS]
    given_out = [page["next"] for page in pages if page.get("next")]
    assert len(given_out) >= 5
    return given_out


def _of_one(path: str) -> dict[str, Any]:
    """Return the query of a page of one item; what stands in the path stays."""
    return {**dict(httpx.QueryParams(path.partition("?")[2])), "limit": 1}


@pytest.mark.parser
@drawn
@given(data=st.data())
def test_cursors_that_are_cut_off_changed_forged_or_of_another_list(
    server: tuple[httpx.Client, str], cursors: list[str], data: st.DataObject
) -> None:
    client, sweep = server
    whole = data.draw(st.sampled_from(cursors))
    mark, *place = json.loads(base64.urlsafe_b64decode(whole + "=" * (-len(whole) % 4)))
    forged = st.lists(TREES, min_size=len(place), max_size=len(place)).map(lambda values: encoded([mark, *values]))
    cut = st.integers(0, len(whole)).map(lambda end: whole[:end])
    cursor = data.draw(st.one_of(st.just(whole), forged, cut, TREES.map(encoded), st.text(max_size=30)))
    path = data.draw(st.sampled_from(LISTS))
    query = {**_of_one(path), "cursor": _sendable([cursor])[0]}
    require_taken_or_refused(client, client.build_request("GET", path.format(sweep), params=query))


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


NAMES = st.sampled_from(["learning_rate", "hidden_units", "optimizer", "epochs", "l2", "batch_size", ""])
PARAMETERS = st.fixed_dictionaries(
    {"kind": st.sampled_from(["float", "int", "choice", "other"]) | TREES},
    optional={
        **dict.fromkeys(("low", "high", "step", "values", "when", "zero_probability", "threshold"), TREES),
        "scale": st.sampled_from(["linear", "log"]) | TREES,
    },
)
CONSTRAINTS = st.lists(
    st.sampled_from(["epochs", "l2", "<", "<=", "==", "+", "-", "*", "/", "(", ")", "1", "1e400", "0", "x", " ", "**"]),
    max_size=60,
).map("".join) | st.sampled_from(["(" * 5_000, "1" * 10_000 + "<2", "l2<" + "-" * 3_000 + "1", "l2<1/0"])


@pytest.mark.parser
@drawn
@given(
    space=st.dictionaries(NAMES | st.text(max_size=10), PARAMETERS | TREES, max_size=3),
    fixed=st.dictionaries(NAMES, TREES, max_size=3),
    constraints=st.lists(CONSTRAINTS | st.text(max_size=20), max_size=3),
    sampler=TREES,
)
def test_spaces_with_conditions_constraints_and_values_of_hyperparameters(
    server: tuple[httpx.Client, str], space: Any, fixed: Any, constraints: list[str], sampler: Any
) -> None:
    body = {"dataset": "iris", "seed": 7, "space": space, "fixed": fixed, "constraints": constraints}
    content = json.dumps({**body, "sampler": sampler, "budget": {"trials": 2}})
    headers = {"content-type": "application/json"}
    for path in ("/v1/spaces/preview", "/v1/sweeps"):
        require_taken_or_refused(server[0], server[0].build_request("POST", path, content=content, headers=headers))


@pytest.mark.parser
@settings(drawn, max_examples=tries(5))  # each is read in a process of its own
@given(
    form=st.dictionaries(
        st.sampled_from(
            [
                "name",
                "target",
                "task",
                "categorical",
                "missing",
                "header",
                "separator",
                "encoding",
                "decimal",
                "thousands",
                "dates",
                "group",
                "order",
                "ignore",
                "image",
                "split",
                "split_seed",
                "missing_target",
                "other",
            ]
        ),
        st.text(max_size=30) | VALUES,
        max_size=4,
    ),
    content=st.one_of(
        st.just(TABLE.encode()),
        st.binary(max_size=300),
        st.text(alphabet='ab,";\n\r\t\0019.-e\ufeff', max_size=300).map(str.encode),
        st.integers(0, len(TABLE)).map(lambda end: TABLE.encode()[:end]),
    ),
    filename=st.sampled_from(["t.csv", "t.npz", "t.arff", "t.parquet", "../t.csv", "t", "t.csv.gz", "\u2028.csv"]),
)
def test_fields_files_and_names_of_uploads(
    server: tuple[httpx.Client, str], form: dict[str, str], content: bytes, filename: str
) -> None:
    sent = {name: _sendable([text])[0] for name, text in {**FORM, **form}.items()}
    client = server[0]
    asked = client.build_request("POST", "/v1/datasets/preview", data=sent, files={"file": (filename, content)})
    asked.read()  # so that it can be sent once more
    require_taken_or_refused(client, asked, LONGEST_BESIDE_TESTS)


HEADS = st.sampled_from(
    ["Host", "Origin", "Sec-Fetch-Site", "Authorization", "Cookie", "Idempotency-Key", "Last-Event-ID", "If-None-Match",
     "Accept", "Accept-Encoding", "Content-Type", "Content-Length", "Transfer-Encoding", "Expect", "Range",
     "X-Request-Id", "traceparent", "Connection", "Upgrade"]
)  # fmt: skip  # what the service or its libraries read
BYTES = st.binary(max_size=60) | st.sampled_from(
    [b"chunked", b"gzip, chunked", b"-1", b"5", b"99999999999999999999", b"bytes=0-", b"100-continue", b"websocket",
     b"null", b"[::1", b"127.0.0.1:99999", b"http://", b"Bearer ", b"*", b"application/json", b"close"]
)  # fmt: skip
LINES = st.sampled_from(
    [b"GET /v1/sweeps HTTP/1.1", b"POST /v1/sweeps HTTP/1.1", b"GET / HTTP/1.0", b"GET http://a/v1/sweeps HTTP/1.1",
     b"OPTIONS * HTTP/1.1", b"CONNECT a:1 HTTP/1.1", b"GET /%zz?%=&&=;limit=%00 HTTP/1.1", b"PRI * HTTP/2.0", b"GET"]
) | st.binary(max_size=80)  # fmt: skip


@pytest.mark.parser
@drawn
@given(line=LINES, heads=st.lists(st.tuples(HEADS, BYTES), max_size=5), body=st.binary(max_size=50))
def test_bytes_on_a_socket(
    server: tuple[httpx.Client, str], line: bytes, heads: list[tuple[str, bytes]], body: bytes
) -> None:
    address = server[0].base_url
    sent = b"\r\n".join([line, *(name.encode() + b": " + value for name, value in heads), b"", body])
    with closing(socket.create_connection((address.host, address.port or 0), timeout=10.0)) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(12)
    assert answer == b"" or answer[9:10] in b"1234", (sent, answer)
