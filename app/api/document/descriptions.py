"""Says in the document what each tag, schema, field and parameter means that is not described where it is declared."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_PAGE = "Page_"

TEXTS: Mapping[str, Mapping[str, str]] = tomllib.loads((Path(__file__).parent / "descriptions.toml").read_text())
"""A table of sentences for each schema; those of "*" hold in every one that has no other."""


def describe(document: dict[str, Any]) -> None:
    """Add the descriptions that are missing."""
    document["tags"] = [{"name": name, "description": text} for name, text in TEXTS["tags"].items()]
    for name, schema in document["components"]["schemas"].items():
        _say(schema, TEXTS["schemas"].get(name))
        for field, about in schema.get("properties", {}).items():
            _say(about, text_of(name, field))
    for parameter in _parameters(document):
        _say(parameter, TEXTS["parameters"].get(parameter["name"]))


def text_of(schema: str, field: str) -> str | None:
    """Return what a field of a schema means; None if nobody has written it down."""
    own = TEXTS.get("Page" if schema.startswith(_PAGE) else schema, {})
    return own.get(field, TEXTS["*"].get(field))


def _say(about: dict[str, Any], text: str | None) -> None:
    if text is not None:
        about.setdefault("description", text)


def _parameters(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        for operation in path.values():
            yield from operation.get("parameters", ())
