"""Tests of answers that are written where they are made: the document of the API and the bytes stay what they were."""

import asyncio
import json
import math
from datetime import UTC, datetime
from inspect import isclass
from operator import attrgetter
from typing import Annotated, Any, get_type_hints

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Query, Response
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter

from app.api import analysis, datasets, health, hyperparameters, metrics, models, sweeps, trials, workers
from app.api.access_rules import open_to_all
from app.api.documented_route import documented
from app.api.openapi import PROBLEMS
from app.api.reading import AT_ONCE, LONGEST_READ
from app.api.strict_route import StrictRoute
from app.api.turns import Turns
from app.services.cursors import Page
from tests.app.api.serving import Trainer, finished, start


class Found(BaseModel):
    """Something that is found."""

    number: int
    value: float | None
    at: datetime


FOUND = Page([Found(number=1, value=0.1, at=datetime(2026, 1, 2, tzinfo=UTC))], None)


def found(limit: Annotated[int, Query(ge=1)] = 1) -> Page[Found]:
    """Find something."""
    return Page(FOUND.items[:limit], None)


async def found_later() -> Found:
    """Find something, later."""
    return FOUND.items[0]


def made(response: Response) -> Found:
    """Make something."""
    response.headers["x-new"] = "yes"
    return Found(number=2, value=math.nan, at=datetime(2026, 1, 2, tzinfo=UTC))


def nothing() -> None:
    """Do something of which there is nothing to tell."""


def raw() -> Response:
    """Find bytes."""
    return Response(b"raw")


def application(route: type[APIRoute]) -> FastAPI:
    # What our routes say of themselves is said of all routes here: that the answers are the same is what is tested.
    router = APIRouter(route_class=route, responses=PROBLEMS, generate_unique_id_function=attrgetter("name"))
    said: dict[str, Any] = {"openapi_extra": {"security": []}}
    for endpoint in (found, found_later, raw):
        router.get(f"/{endpoint.__name__}", **said)(open_to_all(endpoint))
    router.post("/made", status_code=201, **said)(open_to_all(made))
    router.post("/nothing", status_code=204, **said)(open_to_all(nothing))
    app = FastAPI(routes=router.routes)
    app.state.reads, app.state.longest_read = Turns(AT_ONCE, of_each=AT_ONCE), LONGEST_READ
    return app


def document(app: FastAPI) -> str:
    return json.dumps(get_openapi(title="routes", version="1", routes=documented(app.routes)))


async def answers(app: FastAPI) -> list[tuple[int, bytes, str | None, str | None]]:
    """Return status, body, content type and a head of each path's answer."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        got = [await client.get(path) for path in ("/found", "/found?limit=1", "/found_later", "/raw")]
        told = [*got, await client.post("/made"), await client.post("/nothing")]
    return [(one.status_code, one.content, one.headers.get("content-type"), one.headers.get("x-new")) for one in told]


def test_answers_and_their_document_are_those_of_the_framework() -> None:
    ours, plain = application(StrictRoute), application(APIRoute)
    assert document(ours) == document(plain)
    written = asyncio.run(answers(ours))
    assert written == asyncio.run(answers(plain))
    assert [status for status, _, _, _ in written] == [200, 200, 200, 200, 201, 204]


READING = (analysis, datasets, health, hyperparameters, metrics, models, sweeps, trials, workers)
KINDS = {
    route.path: get_type_hints(route.endpoint, include_extras=True)["return"]
    for module in READING
    for route in module.router.routes
    if isinstance(route, APIRoute)
    and route.methods == {"GET"}
    and not route.path.endswith("/answers")  # of models kept
}
"""What each route declares that it answers with, by its path."""


@pytest.fixture
def sweep(client: httpx.Client, trainer: Trainer) -> str:
    """A sweep with trials of unusual numbers."""
    sweep: str = start(client, notes="\u00e9\u2028\x7f\n")["id"]
    results = zip(trainer.leases(4), (0.5, 1e-7, 1e22, None), strict=True)
    trainer.finish(*(finished(lease, value) for lease, value in results))
    return sweep


def test_answers_are_the_bytes_that_the_declared_types_give(client: httpx.Client, sweep: str) -> None:
    for path, kind in KINDS.items():
        if not (isclass(kind) and issubclass(kind, Response)):
            written = client.get(path.format(sweep=sweep, number=1, name="iris")).raise_for_status().content
            declared: TypeAdapter[Any] = TypeAdapter(kind)
            assert written == declared.dump_json(declared.validate_json(written), by_alias=True), path
