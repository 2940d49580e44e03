"""Writes the document of the API, from which the types of the dashboard are made, to standard output."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.api.application import make_application


@asynccontextmanager
async def _nothing(_: FastAPI) -> AsyncIterator[None]:
    yield


json.dump(make_application(_nothing, max_upload_bytes=1).openapi(), sys.stdout)
