"""Settings: read from the environment (LOGSWEEP_PORT and so on) or given on the command line."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

MEBIBYTE = 1 << 20


class Settings(BaseSettings):
    """Everything that can be chosen about a server."""

    model_config = SettingsConfigDict(env_prefix="LOGSWEEP_", frozen=True, extra="forbid")

    data: Path = Path("data")
    """The folder with logsweep.db; it is made if need be."""
    host: str = "127.0.0.1"
    """The address to listen on."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """The port to listen on; 0 takes a free one."""
    workers: Annotated[int, Field(ge=0, le=1024)] = os.cpu_count() or 1
    """How many workers the server starts as child processes."""
    lease_seconds: Annotated[float, Field(ge=1, le=3600)] = 30.0
    """How long a worker may be silent before its trials go to another one."""
    max_upload_bytes: Annotated[int, Field(ge=1024)] = 64 * MEBIBYTE
    """The largest upload."""
    max_table_bytes: Annotated[int, Field(ge=1024)] = 512 * MEBIBYTE
    """The largest table that an upload may unpack to."""
    max_work_bytes: Annotated[int, Field(ge=1024)] = 64 * MEBIBYTE
    """The largest request of a worker, weights included."""
