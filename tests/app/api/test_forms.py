"""Forms take no more memory than is counted for them, and so keep no other body out."""

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import httpx
import pytest
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartParser

from app.api.body_limit import LONGEST_CONTENT_TYPE
from app.api.forms import HELD, LIMITS, MOST_FIELD_BYTES, MOST_FIELDS, MOST_FILES, in_memory
from app.domain.access import Scope
from app.services.predicting import MOST_FILE_BYTES
from tests.app.api.guarded import Guarded, bearer, guarded
from tests.app.api.serving import problem, serving

PIECE = 1 << 16
MEBIBYTE = 1 << 20
LONGEST_NAME = 1 << 12


def part(name: str, about: str = "") -> bytes:
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{about}\r\n\r\n'.encode()


def largest() -> Iterator[bytes]:
    """Yield the pieces of a form that has in memory what one may."""
    for number in range(MOST_FILES):
        yield part(str(number), '; filename="t.csv"')
        for _ in range(MEBIBYTE // PIECE):
            yield bytes(PIECE)
        yield b"\r\n"
    text = "\N{GRINNING FACE}".encode().rjust(MOST_FIELD_BYTES, b"a")  # of which each letter takes four bytes
    for number in range(MOST_FIELDS):
        yield part(f"{number:0{LONGEST_NAME}}") + text + b"\r\n"
    yield b"--x--\r\n"


def small() -> Iterator[bytes]:
    """Yield the pieces of a form with one field."""
    yield part("name") + b"a\r\n--x--\r\n"


async def memory_of(pieces: Iterator[bytes]) -> tuple[int, int]:
    """Return how many bytes of a form are said to be in memory, and how many there are at most."""

    async def stream() -> AsyncGenerator[bytes]:
        for piece in pieces:
            yield piece

    head = Headers({"content-type": "multipart/form-data; boundary=x"})
    tracemalloc.start()
    try:
        form = await MultiPartParser(head, stream(), **LIMITS).parse()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    counted = in_memory(form)
    await form.close()
    return counted, peak


def test_the_largest_form_takes_the_memory_that_is_counted() -> None:
    asyncio.run(memory_of(small()))  # what it imports is there
    counted, peak = asyncio.run(memory_of(largest()))
    assert 0.9 * HELD < counted <= HELD
    assert peak < 1.1 * HELD


def test_a_form_with_more_than_it_may_have_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, _):
        for files, fields in (
            ([("file", ("t.csv", b"a"))] * (MOST_FILES + 1), {}),
            ([("file", ("t.csv", b"a"))], {"ignore": ["a"] * (MOST_FIELDS + 1)}),
            ([("file", ("t.csv", b"a"))], {"ignore": "a" * (MOST_FIELD_BYTES + 1)}),
        ):
            for address in ("/v1/datasets", "/v1/sweeps/none/trials/0/evaluate"):
                problem(client.post(address, files=files, data=fields), 413)


FORMS = ("/v1/datasets", "/v1/datasets/preview", "/v1/sweeps/none/trials/0/evaluate")


@pytest.mark.parametrize("address", FORMS)
def test_a_form_that_breaks_off_is_refused_and_leaves_no_file_open(shared: httpx.Client, address: str) -> None:
    before, head = open_files(), {"content-type": "multipart/form-data; boundary=x"}
    cut = part("file", '; filename="t.csv"') + bytes(2 * MEBIBYTE)
    gc.disable()  # as good as on a server, which collects only after many objects
    try:
        refused = problem(shared.post(address, content=cut, headers=head), 400)
        assert "breaks off before its end" in refused["detail"]
        assert open_files() - before == set()
    finally:
        gc.enable()


def test_a_form_may_be_followed_by_a_line_break_or_a_few_words(shared: httpx.Client) -> None:
    for rest in (b"", b"\r\n", b"\r\nThat was it.\r\n"):
        form = part("file", '; filename="t.csv"') + b"a,b\n1,2\n" + b"\r\n--x--" + rest
        answer = shared.post(
            "/v1/datasets/preview", content=form, headers={"content-type": "multipart/form-data; boundary=x"}
        )
        assert "target" in problem(answer, 422)["detail"]


def open_files() -> set[str]:
    """Return the nameless files that this process has open: those that forms are written to."""
    found = (entry.readlink() for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink())
    return {str(one) for one in found if str(one).endswith("(deleted)")}


@pytest.mark.parametrize("address", FORMS)
def test_a_form_with_a_content_type_without_end_is_refused_unread(shared: httpx.Client, address: str) -> None:
    head = {"content-type": f"multipart/form-data; boundary=x{';' * LONGEST_CONTENT_TYPE}"}
    found = problem(shared.post(address, content=b"".join(small()), headers=head), 415)
    assert found["detail"] == "The content type has 1,031 characters; it may have 1000."


@pytest.mark.parametrize("charset", ["undefined", "unicode_escape", "punycode", "latin-1"])
@pytest.mark.parametrize("address", FORMS)
def test_a_form_whose_texts_are_no_utf8_is_refused(shared: httpx.Client, address: str, charset: str) -> None:
    content = part("name") + b"\\ud800\r\n" + part("file", '; filename="t.csv"') + b"a\r\n--x--\r\n"
    head = {"content-type": f"multipart/form-data; boundary=x; charset={charset}"}
    found = problem(shared.post(address, content=content, headers=head), 415)
    assert found["detail"] == f'The fields of a form are UTF-8, and not "{charset}". Leave out the charset.'


@pytest.mark.parametrize("address", FORMS)
def test_a_form_may_say_that_its_texts_are_utf8(shared: httpx.Client, address: str) -> None:
    head = {"content-type": "multipart/form-data; boundary=x; charset=UTF-8"}
    problem(shared.post(address, content=b"".join(small()), headers=head), 422)


def arriving(server: Guarded, has_come: Event, end: Event) -> httpx.Response:
    """Send an upload without a target, and do not end before `end`."""

    def pieces() -> Iterator[bytes]:
        yield part("file", '; filename="t.csv"')
        for _ in range(4 * HELD // PIECE):
            yield bytes(PIECE)
        has_come.set()
        while not end.wait(0.1):
            yield bytes(PIECE)  # who sends steadily does not go for others
        yield b"\r\n--x--\r\n"

    head = bearer(server.good[Scope.SUBMIT]) | {"content-type": "multipart/form-data; boundary=x"}
    return httpx.post(f"{server.client.base_url}/v1/datasets", content=pieces(), headers=head, timeout=60)


def test_the_largest_file_to_score_finds_room_beside_uploads_that_arrive(tmp_path: Path) -> None:
    with guarded(tmp_path) as server, ThreadPoolExecutor(2) as beside:
        have_come, end = [Event(), Event()], Event()
        uploads = [beside.submit(arriving, server, has_come, end) for has_come in have_come]
        try:
            assert all(one.wait(60.0) for one in have_come)
            answer = server.client.post(
                "/v1/sweeps/none/trials/0/evaluate",
                files={"file": ("t.csv", bytes(MOST_FILE_BYTES))},
                headers=bearer(server.good[Scope.READ]),
            )
        finally:
            end.set()
        problem(answer, 404)
        for one in uploads:
            problem(one.result(), 422)
