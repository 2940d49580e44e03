"""The cookie of a session, by a name that another server on the same host does not use: cookies know no ports."""

from starlette.requests import cookie_parser
from starlette.types import Scope


def name_of(scope: Scope) -> str:
    """Return the name of the cookie: under TLS one that no page of another host can set, and no answer in the clear."""
    server = scope.get("server")
    name = f"logsweep_{server[1] if server else 'session'}"
    return f"__Host-{name}" if scope["scheme"] == "https" else name


def cookie_of(scope: Scope) -> str | None:
    """Return the secret of a session that a request came with."""
    said = next((value for name, value in scope["headers"] if name == b"cookie"), None)
    return None if said is None else cookie_parser(str(said, "latin-1")).get(name_of(scope))
