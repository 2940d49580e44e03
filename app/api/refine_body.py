"""The request to refine a sweep: what of the next one is to be otherwise than its analysis says."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from app.api.fields import read_fields
from app.api.sweep_bodies import BudgetChangesBody, Name, Plain
from app.domain.errors import InvalidRequest


class RefineBody(BaseModel):
    """What the next sweep has otherwise than `next_space` of the analysis; all of it may be left out.

    Of `budget` the parts that are said; null takes a limit away. The `sampler` must be one that learns.
    """

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    budget: BudgetChangesBody | None = None
    sampler: dict[str, Plain] | None = None
    scheduler: dict[str, Plain] | None = None


def refined(request: Mapping[str, Any], asked: object) -> dict[str, Any]:
    """Return a request for a sweep with what is asked for. Raises InvalidRequest for what cannot be read."""
    _, faults = read_fields(RefineBody, asked)
    if faults or not isinstance(asked, Mapping):
        raise InvalidRequest(faults)
    said = {name: part for name, part in asked.items() if part is not None and name != "budget"}
    budget = {**request["budget"], **(asked.get("budget") or {})}
    return {**request, **said, "budget": {part: limit for part, limit in budget.items() if limit is not None}}
