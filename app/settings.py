"""Settings of the server that the command line has no option for; the environment has them as LOGSWEEP_..."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.domain.errors import Fault, InvalidRequest, show
from app.domain.hints import hint

MEBIBYTE = 1 << 20


def _names(value: object) -> object:
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


def _host(name: str) -> str:
    """Return the name of a host. Raises an error for what no request names as one, so that it would do nothing."""
    if _HOST.fullmatch(name) is None:
        raise PydanticCustomError("host", "names of hosts have no scheme, port or path")
    return name


def _origin(said: str) -> str:
    """Return an origin as browsers write it. Raises an error for what none sends, so that it would do nothing."""
    if _ORIGIN.fullmatch(said) is None:
        raise PydanticCustomError(
            "origin",
            "origins are scheme and host in small letters, and the port unless it is the usual one, as in "
            "https://lab.example.org",
        )
    return said


_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")  # the latter of IPv6
_ORIGIN = re.compile(r"(?!http:.*:80$|https:.*:443$)https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")

Hosts = Annotated[tuple[Annotated[str, AfterValidator(_host)], ...], NoDecode, BeforeValidator(_names)]
"""Names of hosts with commas between them."""
Origins = Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], NoDecode, BeforeValidator(_names)]
"""Origins of pages with commas between them."""


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
    database_bytes: Annotated[int | None, Field(ge=MEBIBYTE)] = None
    """How large logsweep.db may become; what would make it larger is refused as on a full disk."""
    requests_per_second: Annotated[float, Field(ge=0, le=1_000_000)] = 500.0
    """How many requests an access key may send a second, and twice as many at once; 0 for any number."""
    connections: Annotated[int, Field(ge=0, le=100_000)] = 0
    """How many may be open at the same time; 0 for what the limit of file descriptors leaves room for."""
    head_seconds: Annotated[float, Field(gt=0, le=3600)] = 10.0
    """How long the head of a request may take."""
    body_seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0
    """How long a body may stand still, and how far it may be behind 4 KiB a second."""
    reader_seconds: Annotated[float, Field(gt=0, le=3600)] = 30.0
    """How long a reader may take nothing of an answer, or less than 4 KiB a second."""
    idle_seconds: Annotated[float, Field(gt=0, le=3600)] = 65.0
    """How long a connection may rest between two requests."""
    checkpoint_bytes: Annotated[int, Field(ge=0)] = 4096 * MEBIBYTE
    """What the cache of checkpoints may take on disk; 0 keeps none."""
    hosts: Hosts = ()
    """The names under which the server answers, beside those of loopback and the addresses it listens on."""
    origins: Origins = ()
    """The origins of other sites whose pages may ask this server."""
    first_admin_key: Path | None = None
    """Where a key with the scope admin is put if there is no key yet."""
    first_work_key: Path | None = None
    """The same for one with the scope work."""


def read_settings(data: Path | None = None) -> Settings:
    """Return the settings of the environment, with a data folder that was chosen otherwise.

    Raises InvalidRequest with a sentence for each variable whose value is not possible.
    """
    try:
        return Settings() if data is None else Settings(data=data)
    except ValidationError as error:
        raise InvalidRequest(_fault(one["loc"], one["input"], one["msg"]) for one in error.errors()) from None


def _fault(place: tuple[int | str, ...], value: object, rule: str) -> Fault:
    name = str(place[0])
    way = "Set another value, or unset it for the default"
    told = f"LOGSWEEP_{name.upper()} cannot be {show(value)}: {rule[:1].lower()}{rule[1:]}. {way}."
    return Fault(f"/{name}", told)


def idle_settings(environment: Mapping[str, str]) -> list[str]:
    """Return a sentence for each variable that is set and does nothing: not any more, or by its name."""
    removed = [
        f"{name} is set, but does nothing any more: {why}" for name, why in _REMOVED.items() if name in environment
    ]
    known = {*_PREFIXED, *_REMOVED}
    unknown = sorted(name for name in environment if name.startswith(_PREFIX) and name not in known)
    return removed + [f"{name} is set, but no setting has that name. {hint(name, known)}" for name in unknown]


_PREFIX = "LOGSWEEP_"
_ELSEWHERE = (
    "host", "port", "workers", "slots", "server", "key", "key_file", "health_port", "tls_certificate", "tls_key",
    "kernels", "log_level", "log_format",
)  # fmt: skip  # of options, and of what is read before a server's settings are
_PREFIXED = frozenset(_PREFIX + name.upper() for name in (*Settings.model_fields, *_ELSEWHERE))
_REMOVED = {
    "LOGSWEEP_MAX_WORK_BYTES": "requests of workers are small now, and models travel apart. Unset it.",
}
