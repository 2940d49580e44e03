"""The route of the hyperparameters: what a sweep can search and fix."""

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel

from app.api.access_rules import needs
from app.api.strict_route import StrictRoute
from app.contract.hyperparameters import SEARCHABLE, Hyperparameter
from app.contract.layers import LAYERS, REPLACED
from app.domain.access import Scope
from app.services.cursors import Page

router = APIRouter(route_class=StrictRoute, prefix="/v1/hyperparameters", tags=["hyperparameters"])


class AliasAnswer(BaseModel):
    """What other tools call it, and what differs in its meaning here, if anything."""

    words: list[str]
    remark: str | None


class HyperparameterAnswer(BaseModel):
    """A hyperparameter: what it means, what it may be, and what it is in trials that say nothing of it.

    Trials that agree in all of the roles `structure` and `data` can train in one stack. `kinds` are the parameters that
    can search it. `rule` says in words what `json_schema` says; beyond it, numbers must not be such that float32 rounds
    them away. What `replaces` another one says the same in another way: a sweep has either.
    """

    name: str
    role: Literal["structure", "knob", "training", "data"]
    meaning: str
    rule: str
    json_schema: dict[str, Any]
    kinds: list[Literal["float", "int", "choice"]]
    default: Any
    aliases: list[AliasAnswer]
    replaces: str | None

    @classmethod
    def of(cls, row: Hyperparameter) -> "HyperparameterAnswer":
        """Return the wire form of a hyperparameter."""
        return cls(
            name=row.name,
            role=row.role,
            meaning=row.meaning,
            rule=row.allowed.rule(),
            json_schema=row.allowed.schema(),
            kinds=list(row.allowed.kinds),
            default=row.default,
            aliases=[AliasAnswer(words=list(alias.words), remark=alias.remark or None) for alias in row.aliases],
            replaces=REPLACED if row.name in LAYERS else None,
        )


@router.get("")
@needs(Scope.READ)
def list_hyperparameters() -> Page[HyperparameterAnswer]:
    """List all hyperparameters."""
    return Page([HyperparameterAnswer.of(row) for row in SEARCHABLE.values()], None)
