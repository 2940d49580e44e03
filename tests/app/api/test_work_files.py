"""Tests of models and checkpoints as raw bytes over HTTP."""

import shutil
import socket
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from app.services.artifacts import MOST_MODEL_BYTES
from app.services.checkpoints import FOLDER
from tests.app.api.serving import Trainer, places, problem, serving, start

WHOLE = bytes(range(256)) * 10_000
KINDS = ["artifacts", "checkpoints"]


def address(kind: str, whole: bytes = WHOLE) -> str:
    return f"/v1/work/{kind}/{sha256(whole).hexdigest()}"


@pytest.mark.parametrize(("kind", "first"), [("artifacts", 201), ("checkpoints", 200)])
def test_what_was_sent_is_found_and_fetched_and_may_be_sent_again(client: httpx.Client, kind: str, first: int) -> None:
    problem(client.get(address(kind)), 404)
    assert client.head(address(kind)).status_code == 404
    for status in (first, 200):
        answer = client.put(address(kind), content=WHOLE)
        assert (answer.status_code, answer.json()) == (status, {"kept": True})
    found = client.head(address(kind))
    assert (found.status_code, found.headers["content-length"]) == (200, str(len(WHOLE)))
    assert client.get(address(kind)).content == WHOLE


@pytest.mark.parametrize("kind", KINDS)
def test_other_bytes_than_were_announced_are_refused_and_not_kept(client: httpx.Client, kind: str) -> None:
    answer = client.put(address(kind), content=WHOLE[1:])
    assert "SHA-256" in answer.text
    assert answer.status_code in {400, 422}
    problem(client.get(address(kind)), 404)
    assert client.put(address(kind), content=WHOLE).is_success


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["x", "0" * 63, "F" * 64, "%2e%2e", "0" * 64 + "%0a"])
def test_a_name_that_is_no_hash_is_refused(shared: httpx.Client, kind: str, name: str) -> None:
    for answer in (shared.put(f"/v1/work/{kind}/{name}", content=WHOLE), shared.get(f"/v1/work/{kind}/{name}")):
        assert places(answer) == ["/sha256"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_is_no_raw_body(shared: httpx.Client, kind: str) -> None:
    problem(shared.put(address(kind), files={"file": ("x", WHOLE)}), 415)


def test_small_models_are_sent_together_and_kept_under_their_own_hashes(client: httpx.Client) -> None:
    contents = [b"abcd", b"efghijkl", b"abcd"]
    sizes = {"size": [len(content) for content in contents]}
    answer = client.post("/v1/work/artifacts", params=sizes, content=b"".join(contents))
    assert (answer.status_code, answer.json()) == (200, {"items": [sha256(one).hexdigest() for one in contents]})
    for content in contents:
        assert client.get(address("artifacts", content)).content == content


@pytest.mark.parametrize("sizes", [[3], [3, 2], [4, 0], [-1, 5], [], [1] * 65])
def test_sizes_that_do_not_cut_a_body_are_refused_and_nothing_is_kept(client: httpx.Client, sizes: list[int]) -> None:
    answer = client.post("/v1/work/artifacts", params={"size": sizes}, content=b"abcd")
    assert places(answer)[0].startswith("/size")
    problem(client.get(address("artifacts", b"abc")), 404)


def test_an_empty_body_is_no_model(shared: httpx.Client) -> None:
    assert "empty" in problem(shared.put(address("artifacts", b""), content=b""), 400)["detail"]


def test_more_than_a_model_could_need_is_refused_before_it_is_sent(client: httpx.Client) -> None:
    head = f"PUT {address('artifacts')} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {MOST_MODEL_BYTES + 1}\r\n\r\n"
    with socket.create_connection((client.base_url.host, client.base_url.port or 80)) as connection:
        connection.sendall(head.encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("kind", KINDS)
def test_who_hangs_up_in_the_middle_leaves_nothing(tmp_path: Path, kind: str) -> None:
    with serving(tmp_path) as (client, _):
        head = f"PUT {address(kind)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(WHOLE)}\r\n\r\n"
        with socket.create_connection((client.base_url.host, client.base_url.port or 80)) as connection:
            connection.sendall(head.encode() + WHOLE[:1_000_000])
    with serving(tmp_path) as (client, _):
        problem(client.get(address(kind)), 404)
        assert client.put(address(kind), content=WHOLE).is_success
        assert client.get(address(kind)).content == WHOLE


@contextmanager
def connections(client: httpx.Client, count: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """Connections that have sent so much, and are then silent."""
    with ExitStack() as stack:
        found = []
        for _ in range(count):
            connection = socket.create_connection((client.base_url.host, client.base_url.port or 80), timeout=30)
            connection.sendall(sent)
            found.append(stack.enter_context(connection))
        yield found


@pytest.mark.parametrize("kind", KINDS)
def test_bodies_that_stop_in_the_middle_hold_up_nobody_else(client: httpx.Client, kind: str) -> None:
    head = f"PUT {address(kind)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(WHOLE)}\r\n\r\n"
    with connections(client, 48, head.encode() + WHOLE[:1000]):  # more than there are threads for requests
        assert client.get("/v1/sweeps").status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_readers_that_stop_in_the_middle_hold_up_nobody_else(client: httpx.Client, kind: str) -> None:
    whole = WHOLE * 5
    client.put(address(kind, whole), content=whole).raise_for_status()
    asked = f"GET {address(kind, whole)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    with connections(client, 48, asked) as readers:  # more than there are connections to the database
        assert all(reader.recv(12) == b"HTTP/1.1 200" for reader in readers)
        assert client.get("/v1/sweeps").status_code == 200
    assert client.get("/v1/sweeps").status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_a_sender_that_falls_silent_is_given_up(tmp_path: Path, kind: str) -> None:
    head = f"PUT {address(kind)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(WHOLE)}\r\n\r\n"
    with serving(tmp_path, body_seconds=0.2) as (client, _):
        with connections(client, 1, head.encode() + WHOLE[:1000]) as (connection,):
            assert connection.recv(1000).startswith(b"HTTP/1.1 408")
        assert client.put(address(kind), content=WHOLE).is_success


@pytest.mark.parametrize("kind", KINDS)
def test_large_bytes_pass_piece_by_piece(client: httpx.Client, kind: str) -> None:
    piece, count = bytes(1 << 16), 512
    digest = sha256()
    for _ in range(count):
        digest.update(piece)
    place = f"/v1/work/{kind}/{digest.hexdigest()}"

    def pieces() -> Iterator[bytes]:
        for _ in range(count):
            yield piece

    tracemalloc.start()
    try:
        assert client.put(place, content=pieces()).is_success
        with client.stream("GET", place) as answer:
            size = sum(len(part) for part in answer.iter_bytes())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size == count * len(piece)
    assert peak < 12 << 20  # of 32 MiB


def test_a_model_that_no_result_names_is_here_for_a_while(client: httpx.Client, trainer: Trainer) -> None:
    model = trainer.hand_in(bytes(140))
    assert client.head(f"/v1/work/artifacts/{model['sha256']}").status_code == 200


def test_checkpoints_may_be_deleted_at_any_time(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, _):
        client.put(address("checkpoints"), content=WHOLE).raise_for_status()
        shutil.rmtree(tmp_path / FOLDER)
        problem(client.get(address("checkpoints")), 404)
        assert client.put(address("checkpoints"), content=WHOLE).json() == {"kept": True}
        assert client.get(address("checkpoints")).content == WHOLE


def test_a_cache_of_no_bytes_keeps_nothing_and_refuses_nobody(tmp_path: Path) -> None:
    with serving(tmp_path, checkpoint_bytes=0) as (client, _):
        answer = client.put(address("checkpoints"), content=WHOLE)
        assert (answer.status_code, answer.json()) == (200, {"kept": False})
        problem(client.get(address("checkpoints")), 404)


def test_a_checkpoint_that_was_reported_is_named_to_the_next_worker(client: httpx.Client, trainer: Trainer) -> None:
    start(client, budget={"trials": 1})
    (lease,) = trainer.leases()
    named = {"epoch": 2, "sha256": "0" * 64, "size": 10}
    trainer.report(lease, 1, 2, checkpoint=named)
    trainer.release([lease])
    (run,) = Trainer(client, "other").claim()
    assert run["checkpoint"] == named
