"""The Python client of logsweep: data sets go up, sweeps are started and followed, models come down.

client = logsweep.Client("http://127.0.0.1:8000")
sweep = client.sweep(dataset="digits", space={...}, budget=64)
sweep.wait()
sweep.trials(sort="value").to_pandas()
"""

from importlib.metadata import version

from logsweep.async_client import AsyncClient
from logsweep.async_sweep import AsyncEnsemble, AsyncModel, AsyncSweep
from logsweep.calls import Call
from logsweep.client import Client
from logsweep.embedded import Local, local
from logsweep.errors import (
    Conflict,
    DeadlineExceeded,
    Fault,
    Forbidden,
    InvalidRequest,
    LogsweepError,
    Malformed,
    NotFound,
    NotInstalled,
    Refused,
    ServerFailed,
    ServerNotInstalled,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unreachable,
    Unreadable,
)
from logsweep.feed import Event
from logsweep.local_models import LocalModel, ModelError, load_model
from logsweep.pages import AsyncPages, Pages
from logsweep.sweep import Ensemble, Model, Sweep

__version__ = version("logsweep-client")

__all__ = [
    "AsyncClient",
    "AsyncEnsemble",
    "AsyncModel",
    "AsyncPages",
    "AsyncSweep",
    "Call",
    "Client",
    "Conflict",
    "DeadlineExceeded",
    "Ensemble",
    "Event",
    "Fault",
    "Forbidden",
    "InvalidRequest",
    "Local",
    "LocalModel",
    "LogsweepError",
    "Malformed",
    "Model",
    "ModelError",
    "NotFound",
    "NotInstalled",
    "Pages",
    "Refused",
    "ServerFailed",
    "ServerNotInstalled",
    "Sweep",
    "TooLarge",
    "Unauthenticated",
    "Unavailable",
    "Unreachable",
    "Unreadable",
    "load_model",
    "local",
]
