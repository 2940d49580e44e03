"""Errors as RFC 9457 problems: one shape for every status."""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app.api.fields import parameter_faults
from app.api.methods import allowed
from app.api.security_headers import SECURITY_HEADERS
from app.api.seen import path_sent, request_id
from app.domain import disks
from app.domain.errors import (
    Conflict,
    DiskFull,
    Fault,
    Forbidden,
    InvalidRequest,
    LogsweepError,
    Malformed,
    NotFound,
    NotInstalled,
    OverQuota,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
)

_log = logging.getLogger(__name__)

_STATUS: Mapping[type[LogsweepError], HTTPStatus] = {
    Malformed: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    OverQuota: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    InvalidRequest: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    DiskFull: HTTPStatus.INSUFFICIENT_STORAGE,
    NotInstalled: HTTPStatus.NOT_IMPLEMENTED,
}
_CHALLENGES: Mapping[type[LogsweepError], str] = {
    Unauthenticated: 'Bearer realm="logsweep"',
    Forbidden: 'Bearer realm="logsweep", error="insufficient_scope"',
}
"""What a refusal says of the way in, in the header WWW-Authenticate."""
_RETRY_AFTER: Mapping[int, int] = {
    HTTPStatus.TOO_MANY_REQUESTS: 1,
    HTTPStatus.SERVICE_UNAVAILABLE: 2,
    HTTPStatus.INSUFFICIENT_STORAGE: 2,
}
"""After how many seconds to try again what the service cannot do now."""

_DETAILS = {
    404: "There is nothing at this address. GET /docs shows all routes.",
    405: "This address does not know the method; the Allow header lists those it knows.",
}

_LARGE_FORM = re.compile(r"Too many (files|fields)|(Field|Part) exceeded maximum size")
"""How Starlette begins to say that a form has more than it may."""

MEDIA_TYPE = "application/problem+json"

FAILED = "The service failed. Its log says why; trying again may help."
"""What is said of faults of the service itself."""


class FaultAnswer(BaseModel):
    """One broken rule of a request."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """What went wrong, after RFC 9457; `errors` lists the first 100 broken rules, and counts the rest."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    request_id: str | None = None
    errors: list[FaultAnswer] = []


def install(app: FastAPI) -> None:
    """Answer every error of `app` with a problem."""
    for kind in EXPECTED:
        app.add_exception_handler(kind, answer)
    app.add_exception_handler(Exception, failed)


async def answer(request: Request, error: Exception) -> JSONResponse:
    """Return the problem of an error that is one of EXPECTED."""
    kind = next(kind for kind in type(error).__mro__ if kind in _ANSWERS)
    return await _ANSWERS[kind](request, error)


def _problem(
    request: Request,
    status: int,
    detail: str,
    faults: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    problem = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        request_id=request_id(request),
        errors=[FaultAnswer(pointer=fault.pointer, detail=fault.detail) for fault in faults],
    )
    return JSONResponse(problem.model_dump(), status, headers=headers, media_type=MEDIA_TYPE)


async def _logsweep_error(request: Request, error: Exception) -> JSONResponse:
    status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)
    faults = error.faults if isinstance(error, InvalidRequest | OverQuota) else ()
    return _problem(request, status, str(error), faults, _told_besides(error, status))


def _told_besides(error: Exception, status: int) -> Mapping[str, str] | None:
    """Return the headers of a refusal: how to get in, or when to come again."""
    challenge = next((text for kind, text in _CHALLENGES.items() if isinstance(error, kind)), None)
    if challenge is not None:
        return {"WWW-Authenticate": challenge}
    after = _RETRY_AFTER.get(status)
    return None if after is None else {"Retry-After": str(after)}


async def _validation_error(request: Request, error: Exception) -> JSONResponse:
    """Answer for parameters of the path, the query and the form, which FastAPI reads."""
    if not isinstance(error, RequestValidationError):
        raise error
    return await _logsweep_error(request, InvalidRequest(parameter_faults(error)))


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    if isinstance(error.__cause__, LogsweepError):
        return await _logsweep_error(request, error.__cause__)
    status = HTTPStatus(error.status_code)
    if status == HTTPStatus.BAD_REQUEST and _LARGE_FORM.match(error.detail):
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    detail = _DETAILS.get(status, error.detail) if error.detail == status.phrase else error.detail
    headers = dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = allowed(request.scope)
    return _problem(request, status, detail, headers=headers)


async def _hung_up(request: Request, _: Exception) -> JSONResponse:
    """Answer a client that is gone: no fault of the service, so that its log says nothing."""
    return _problem(request, 400, "The body broke off before its end. Send it again.")


async def _system_error(request: Request, error: Exception) -> JSONResponse:
    """Answer for a disk that has no room for a body; all else that the system refuses is a fault of the service."""
    if isinstance(error, OSError) and error.errno in disks.NO_ROOM:
        return await _logsweep_error(request, disks.told(error, "the folder for temporary files of the server"))
    return await failed(request, error)


async def failed(request: Request, error: Exception) -> JSONResponse:
    """Log a fault of the service, and return the problem that says no more of it than that."""
    _log.error("%s %s failed", request.method, path_sent(request.scope), exc_info=error)
    return _problem(request, 500, FAILED, headers=SECURITY_HEADERS)  # it passes by what would add them


_ANSWERS: Mapping[type, Callable[[Request, Exception], Awaitable[JSONResponse]]] = {
    LogsweepError: _logsweep_error,
    RequestValidationError: _validation_error,
    HTTPException: _http_error,
    ClientDisconnect: _hung_up,
    OSError: _system_error,
}
EXPECTED = (LogsweepError, RequestValidationError, HTTPException, ClientDisconnect, OSError)
"""The errors that are answered with a problem of their own; any other is a fault of the service."""
