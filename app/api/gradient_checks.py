"""The route of gradient checks, with its wire models."""

import math
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.api.access_rules import key_of, needs
from app.api.bodies import read_json
from app.api.dependencies import UseCases
from app.api.documented_route import json_body
from app.api.fields import read_fields
from app.api.strict_route import StrictRoute
from app.api.sweep_bodies import Plain, Whole, read_fixed
from app.api.turns import Turns
from app.domain.access import Scope
from app.domain.errors import Fault
from app.domain.values import LARGEST_WHOLE
from app.services.gradient_checks import GradientCheckDraft
from app.trainer.gradient_check import MOST_STEPS, GradientCheck, Verdict

router = APIRouter(route_class=StrictRoute, prefix="/v1/gradient-checks", tags=["gradient checks"])


class GradientCheckBody(BaseModel):
    """A network on a data set whose gradient is to be checked; `fixed` are its hyperparameters.

    It is checked at its start and, unless `steps` is 0, after so many mini-batches of training.
    """

    model_config = ConfigDict(extra="forbid")

    dataset: Annotated[str, Field(max_length=200)]
    fixed: dict[str, Plain] = {}
    seed: Annotated[Whole, Field(ge=0, le=LARGEST_WHOLE)] = 0
    steps: Annotated[Whole, Field(ge=0, le=MOST_STEPS)] = 10


Finite = Annotated[float | None, BeforeValidator(lambda value: value if math.isfinite(value) else None)]
"""A number, or null where training diverged."""


class PartialDerivativeAnswer(BaseModel):
    """One component of the gradient; `difference` is |analytic - numeric|/(|analytic| + |numeric|)."""

    parameter: str
    index: list[int]
    analytic: float
    numeric: float
    difference: float


class OneCheckAnswer(BaseModel):
    """What was found after `steps` mini-batches.

    `ratio` compares the `checked` of `total` components of the gradient; `kinks` were left out, where the cost has no
    slope. `worst` are those that add most to the ratio. `cost` is that of the `examples`, penalties included.
    """

    steps: int
    ratio: Finite
    verdict: Verdict
    cost: Finite
    examples: int
    checked: int
    kinks: int
    total: int
    worst: list[PartialDerivativeAnswer]


class GradientCheckAnswer(BaseModel):
    """The checks at the start and after the steps; `ratio` and `verdict` are those of the worse one.

    The verdict is great below 1e-6, look from there on, and worry from 1e-4 on.
    """

    ratio: Finite
    verdict: Verdict
    checks: list[OneCheckAnswer]

    @classmethod
    def of(cls, checks: Sequence[GradientCheck]) -> "GradientCheckAnswer":
        """Return the wire form of some checks."""
        worse = max(checks, key=lambda check: math.inf if math.isnan(check.ratio) else check.ratio)
        answers = [OneCheckAnswer.model_validate(check, from_attributes=True) for check in checks]
        return cls(ratio=worse.ratio, verdict=worse.verdict, checks=answers)


@router.post("", openapi_extra=json_body(GradientCheckBody))
@needs(Scope.SUBMIT)
async def check_gradient(request: Request, services: UseCases) -> GradientCheckAnswer:
    """Check the gradient of a network against differences of its cost. One check runs at a time."""
    draft, faults = await run_in_threadpool(_read, await read_json(request))
    # The check keeps a core busy for seconds: one thread of the pool is enough for all who ask.
    turns: Turns = request.app.state.gradient_checks
    async with turns.turn(key_of(request.scope)):
        checks = await run_in_threadpool(services.gradient_checks.check, draft, faults)
    return GradientCheckAnswer.of(checks)


def _read(raw: object) -> tuple[GradientCheckDraft, list[Fault]]:
    parsed, faults = read_fields(GradientCheckBody, raw, leave={"fixed"})
    fixed, fixed_faults = read_fixed(raw) if isinstance(raw, dict) else ({}, [])
    draft = GradientCheckDraft(parsed.get("dataset"), fixed, parsed.get("seed"), parsed.get("steps"))
    return draft, [*faults, *fixed_faults]
