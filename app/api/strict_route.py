"""Routes that ask for a key with the right scope, and refuse query parameters they do not know.

One that is passed over would be a wish not granted.

GETs whose function is no coroutine wait for their turn, so that no more read at a time than the service can bear. What
workers fetch is read by coroutines: they must not wait behind lists.
"""

from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import partial
from inspect import iscoroutinefunction
from operator import attrgetter
from typing import Any, get_args, get_origin

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError

from app.api.access_rules import require_allowed, rule_of
from app.api.documented_route import DocumentedRoute
from app.api.fields import parameter_faults
from app.api.forms import require_utf8
from app.api.json_answers import writing_json
from app.api.openapi import PROBLEMS, security_of
from app.api.reading import as_read
from app.domain.errors import Fault, InvalidRequest, LogsweepError, faults_of, pointer, show
from app.domain.hints import hint

Endpoint = Callable[..., Any]
Responses = dict[int | str, dict[str, Any]]
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class StrictRoute(DocumentedRoute):
    """A route with an access rule, whose query has known names only, and each once unless it takes a list.

    What a GET returns is written as JSON where it was read, without being checked once more. The document names the
    operation by its function, and says that it may answer with a problem.
    """

    def __init__(
        self,
        path: str,
        endpoint: Endpoint,
        *,
        methods: set[str] | list[str] | None = None,
        responses: Responses | None = None,
        **more: Any,
    ) -> None:
        """Make the route of a function; all other parameters are FastAPI's."""
        writes = endpoint if set(methods or ()) != {"GET"} else writing_json(endpoint)
        more["generate_unique_id_function"] = attrgetter("name")
        more["openapi_extra"] = (more.get("openapi_extra") or {}) | {"security": security_of(rule_of(endpoint))}
        told, written = {**PROBLEMS, **(responses or {})}, writes is not endpoint
        super().__init__(path, writes, answers_itself=written, methods=methods, responses=told, **more)

    def get_route_handler(self) -> Handler:
        """Return the handler of the route, which first looks at the caller's key and at the names in the query."""
        handle = super().get_route_handler()
        if self.methods == {"GET"} and not iscoroutinefunction(self.endpoint):
            handle = partial(as_read, handle=handle)
        takes_list, rule = dict(_query_parameters(self.dependant)), rule_of(self.endpoint)

        async def strict(request: Request) -> Response:
            require_allowed(request.scope, rule)
            require_utf8(request)
            names = Counter(name for name, _ in request.query_params.multi_items())
            faults = [*_unknown(names, list(takes_list)), *_repeated(names, takes_list)]
            if not faults:
                return await handle(request)
            raise InvalidRequest([*faults, *await _other_faults(request, handle)])

        return strict


def _query_parameters(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """Yield the names that a route knows, and whether each may come several times."""
    for field in dependant.query_params:
        annotation = field.field_info.annotation
        yield field.alias, any(get_origin(one) is list for one in (annotation, *get_args(annotation)))
    for inner in dependant.dependencies:
        yield from _query_parameters(inner)


def _unknown(names: Counter[str], known: Sequence[str]) -> Iterator[Fault]:
    yield from faults_of(
        [name for name in names if name not in known],
        lambda name: Fault(pointer(name), f"There is no query parameter {show(name)} here. {hint(name, known)}"),
    )


def _repeated(names: Counter[str], takes_list: dict[str, bool]) -> Iterator[Fault]:
    for name, several in takes_list.items():
        if names[name] > 1 and not several:
            yield Fault(pointer(name), f"The query parameter {name} comes {names[name]} times. Send it once.")


async def _other_faults(request: Request, handle: Handler) -> Sequence[Fault]:
    """Return what else is wrong with a request that reads only; one that would change something is not tried."""
    if request.method != "GET":
        return ()
    try:
        await handle(request)
    except InvalidRequest as error:
        return error.faults
    except RequestValidationError as error:
        return list(parameter_faults(error))
    except LogsweepError:
        pass  # what is missing or malformed is told once the request itself is sound
    return ()
