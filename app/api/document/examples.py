"""Shows in the document requests that work on a server that has just begun, and what they were answered.

`requests.json` is written by hand; `answers.json` is recorded by `python -m tests.app.api.walking`, which sends them.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
REQUESTS: Mapping[str, Any] = json.loads((_FOLDER / "requests.json").read_text())
"""A sound request of each operation that has a body, by the type of its content."""

RECORDED: Mapping[str, Any] = json.loads((_FOLDER / "answers.json").read_text())
"""What they were answered, by operation, with the problems that any of them may get."""


def show_examples(document: dict[str, Any]) -> None:
    """Add examples to the parameters, bodies and answers of all operations."""
    for path in document["paths"].values():
        for operation in path.values():
            wanted = REQUESTS.get(operation["operationId"], {})
            _show_request(operation, wanted)
            _show_answers(operation)


def _show_request(operation: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    said = wanted.get("parameters", {})
    for parameter in operation.get("parameters", ()):
        known = {**RECORDED["places"], **said} if parameter["in"] == "path" else said
        if parameter["name"] in known:
            parameter["example"] = known[parameter["name"]]
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        if media_type in wanted:
            content["example"] = wanted[media_type]


def _show_answers(operation: Mapping[str, Any]) -> None:
    for status, media_type, content in _contents(operation):
        if media_type == "application/problem+json":
            content["examples"] = {name: {"value": value} for name, value in RECORDED["problems"][status].items()}
        elif operation["operationId"] in RECORDED["answers"] and media_type == "application/json":
            content["example"] = RECORDED["answers"][operation["operationId"]]


def _contents(operation: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for status, answer in operation["responses"].items():
        for media_type, content in answer.get("content", {}).items():
            yield status, media_type, content
