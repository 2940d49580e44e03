"""What each route asks of the access key of a request: its rule stands at its function, and none has no rule."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from starlette.types import Scope as Connection

from app.domain.access import ANYONE, AccessKey, Scope
from app.domain.errors import Forbidden

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

CALLER = "logsweep.caller"
"""Where the scope of a request has the key that it came with; the gate puts it there."""

_MARK = "access_rule"


@dataclass(frozen=True, slots=True)
class Rule:
    """The scopes of which a key must have one; without any the route is open to all."""

    any_of: tuple[Scope, ...]


def needs(*any_of: Scope) -> Callable[[Endpoint], Endpoint]:
    """Let a route be for keys with one of these scopes."""
    return _marked(Rule(any_of))


def open_to_all(endpoint: Endpoint) -> Endpoint:
    """Let a route be for everyone, with a key or without."""
    return _marked(Rule(()))(endpoint)


def rule_of(endpoint: Callable[..., Any]) -> Rule:
    """Return the rule of a route's function. Raises TypeError if it has none: whoever wrote it forgot to say."""
    found = getattr(endpoint, _MARK, None)
    if not isinstance(found, Rule):
        raise TypeError(f"The route {endpoint.__name__} has no access rule. Put @needs(...) or @open_to_all at it.")
    return found


def caller_of(connection: Connection) -> AccessKey:
    """Return the key that a request came with."""
    return cast("AccessKey", connection[CALLER])


def key_of(connection: Connection) -> str:
    """Return the id of the key that a request came with; an empty text where no key is asked for."""
    caller: AccessKey = connection.get(CALLER, ANYONE)
    return caller.id


def require_allowed(connection: Connection, rule: Rule) -> None:
    """Raise Forbidden unless the key of a request is good for a route."""
    if not rule.any_of or (key := caller_of(connection)).allows(rule.any_of):
        return
    wanted = " or ".join(f'"{scope}"' for scope in rule.any_of)
    has = ", ".join(f'"{scope}"' for scope in key.scopes)
    raise Forbidden(f'This needs a key with the scope {wanted}, and "{key.name}" has {has}. Send another key.')


def _marked(rule: Rule) -> Callable[[Endpoint], Endpoint]:
    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _MARK, rule)
        return endpoint

    return mark
