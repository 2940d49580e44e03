"""The request for hand-picked points of a sweep: its wire form, and how it is read."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.api.fields import read_fields
from app.api.sweep_bodies import Plain
from app.domain.errors import Fault
from app.domain.values import Value


class PointsBody(BaseModel):
    """Points to be trained, each with values of the space's parameters by their names, in the order of their trials."""

    model_config = ConfigDict(extra="forbid")

    points: Annotated[list[dict[str, Plain]], Field(min_length=1, max_length=100)]


def read_points(raw: object) -> tuple[list[dict[str, Value]], list[Fault]]:
    """Return the points of a request as far as they could be read, and what could not."""
    parsed, faults = read_fields(PointsBody, raw)
    return parsed.get("points", []), faults
