"""Serves the dashboard at `/`, the page of the API at `/docs`, what they load from `/dashboard/`, and their policy."""

import base64
import hashlib
import re
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"

_INLINE = re.compile(r'<script type="importmap">(.*?)</script>', re.DOTALL)

_HEADERS = {
    "Cache-Control": "no-cache",  # asked again each time, and answered with 304: no mix of two versions in a browser
}


def install(app: FastAPI) -> None:
    """Add the dashboard and the page of the API to an application."""
    _add_page(app, "/", "index.html")
    _add_page(app, "/docs", "docs.html")
    app.mount("/dashboard", _Files(directory=STATIC))


def _add_page(app: FastAPI, address: str, file: str) -> None:
    page = (STATIC / file).read_text()
    headers = {**_HEADERS, "Content-Security-Policy": content_security_policy(page)}

    @app.get(address, include_in_schema=False)
    async def show_page() -> HTMLResponse:
        return HTMLResponse(page, headers=headers)


def content_security_policy(page: str) -> str:
    """Return the policy of a page: scripts, styles, pictures and requests of this server alone, and its import map.

    A browser runs an import map only within the page, so that its hash has to be named.
    """
    inline = " ".join(f"'sha256-{_sha256(text)}'" for text in _INLINE.findall(page))
    rules = {
        "default-src": "'none'",
        "script-src": f"'self' {inline}",
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


class _Files(StaticFiles):
    """Static files with the headers that all of the dashboard has."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_HEADERS)
        return response
