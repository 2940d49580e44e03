"""Settings of the server that the command line has no option for; the environment has them as LOGSWEEP_..."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

MEBIBYTE = 1 << 20


class Settings(BaseSettings):
    """What can be chosen about a server besides its address and its workers."""

    model_config = SettingsConfigDict(env_prefix="LOGSWEEP_", frozen=True, extra="forbid")

    data: Path = Path("data")
    """The folder with logsweep.db; it is made if need be."""
    lease_seconds: Annotated[float, Field(ge=1, le=3600)] = 30.0
    """How long a worker may be silent before its trials go to another one."""
    max_upload_bytes: Annotated[int, Field(ge=1024)] = 256 * MEBIBYTE
    """The largest upload."""
    max_table_bytes: Annotated[int, Field(ge=1024)] = 256 * MEBIBYTE
    """The largest table that an upload may unpack to."""
    reading_bytes: Annotated[int, Field(ge=256 * MEBIBYTE)] = 2048 * MEBIBYTE
    """The memory that the process may take in which an upload is read."""
    reading_seconds: Annotated[float, Field(gt=0, le=86_400)] = 300.0
    """How long that may take."""
    readings: Annotated[int, Field(ge=1, le=64)] = 2
    """How many uploads are read at the same time; others wait."""
    max_work_bytes: Annotated[int, Field(ge=1024)] = 64 * MEBIBYTE
    """The largest request of a worker, weights included."""
