"""Tests of what a refusal says to people."""

import json

import pytest

from app.domain.problems import told


@pytest.mark.parametrize(
    ("problem", "sentences"),
    [
        ({"title": "Not Found", "status": 404, "detail": "There is none.", "errors": []}, "There is none."),
        (
            {"detail": "It has 2 faults.", "errors": [{"pointer": "/a", "detail": "One."}, {"detail": "Two."}]},
            "It has 2 faults. One. Two.",
        ),
        ({"detail": "One.", "errors": [{"pointer": "/a", "detail": "One."}]}, "One."),
        ({"detail": "So.", "errors": [{"pointer": "/a", "detail": "One."}]}, "So. One."),
        ({"errors": [{"pointer": "/a", "detail": "One."}]}, "One."),
        ({"detail": "It is so.", "errors": [{"pointer": "/a"}, 3]}, "It is so."),
    ],
)
def test_a_problem_says_its_sentences_and_no_more(problem: object, sentences: str) -> None:
    assert told(422, json.dumps(problem).encode()) == sentences


@pytest.mark.parametrize(
    "content", [b"", b"<html>no</html>", b"[]", b"3", b'{"detail": 3}', b'{"errors": {}}', b"[" * 100_000, b"\xff\xfe"]
)
def test_what_is_no_problem_is_shown_as_it_begins(content: bytes) -> None:
    found = told(502, content)
    assert found.startswith("The answer was 502: ")
    assert len(found) < 300
