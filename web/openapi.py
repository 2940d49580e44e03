"""Writes the document of the API, from which the types of the dashboard are made, to standard output."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from app.api.application import make_application


@asynccontextmanager
async def _nothing(_: FastAPI) -> AsyncIterator[None]:
    yield


def _without_examples(part: Any) -> Any:
    """Return a part of the paths without its examples, which say nothing of types."""
    if isinstance(part, dict):
        return {name: _without_examples(inner) for name, inner in part.items() if name not in {"example", "examples"}}
    return [_without_examples(inner) for inner in part] if isinstance(part, list) else part


document = make_application(_nothing, max_upload_bytes=1).openapi()
json.dump({**document, "paths": _without_examples(document["paths"])}, sys.stdout)
