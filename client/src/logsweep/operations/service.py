"""Operations on the server itself, and on what it knows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from logsweep.answers.service import GradientCheckAnswer, HealthAnswer, HyperparameterAnswer, MetricAnswer, WorkerAnswer
from logsweep.calls import Call, Page, answer, get, plain

_BACKUP = 3600.0
"""Seconds that a server may take for a backup."""


def health() -> Call[HealthAnswer]:
    """Tell whether the server lives."""
    return get("/healthz", answer(HealthAnswer))


def readiness() -> Call[HealthAnswer]:
    """Tell whether the server can be asked, and what it runs on."""
    return get("/readyz", answer(HealthAnswer))


def scrape() -> Call[str]:
    """Fetch what the server measures of itself, as Prometheus reads it."""
    return get("/metrics", lambda reply: reply.content.decode())


def workers(*, limit: int = 500, cursor: str | None = None) -> Call[Page[WorkerAnswer]]:
    """List a page of the workers that are alive, and what each trains."""
    return get("/v1/workers", answer(Page[WorkerAnswer]), limit=limit, cursor=cursor)


def hyperparameters() -> Call[list[HyperparameterAnswer]]:
    """List the hyperparameters: meanings, rules, defaults."""
    read = answer(Page[HyperparameterAnswer])
    return get("/v1/hyperparameters", lambda reply: read(reply).items)


def metrics() -> Call[list[MetricAnswer]]:
    """List the metrics, and which of them can be objectives."""
    read = answer(Page[MetricAnswer])
    return get("/v1/metrics", lambda reply: read(reply).items)


def check_gradient(request: Mapping[str, Any]) -> Call[GradientCheckAnswer]:
    """Check the gradient of a network: `{"dataset": "iris", "fixed": {...}, "steps": 10}`."""
    body = plain(request)
    return Call("POST", "/v1/gradient-checks", answer(GradientCheckAnswer), json=body, repeatable=True, takes=300.0)


def backup(file: str | Path) -> Call[Path]:
    """Copy the whole database, as it is between two commits, into a file."""
    into = Path(file)
    return Call("POST", "/v1/backup", lambda _: into, repeatable=True, takes=_BACKUP, into=into)
