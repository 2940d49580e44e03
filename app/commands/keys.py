"""`logsweep key`: make, list and revoke access keys, in a folder that no server uses or of a server that runs."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from app.commands.connection import AsJson, connected
from app.commands.output import show_json, show_table
from app.domain.access import KeyDraft, Scope
from app.key_files import new_key_file
from app.terminal import faults_shown

if TYPE_CHECKING:
    from app.services.access import Access
    from logsweep import Client

commands = typer.Typer(no_args_is_help=True, help="Make, list and revoke access keys.")

_Data = Annotated[Path, typer.Option(help="The folder of a server that does not run.", envvar="LOGSWEEP_DATA")]
_Server = Annotated[
    str | None,
    typer.Option(help="The server that is running; without it no server may use --data.", envvar="LOGSWEEP_SERVER"),
]
_COLUMNS = ("id", "name", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at")


@commands.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for, or whose it is.")],
    scopes: Annotated[list[Scope], typer.Option("--scope", help="What it allows; again for more.")],
    days: Annotated[float | None, typer.Option(help="After how many days it expires; never by default.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="Write it to this new file, which you alone can read.", dir_okay=False)
    ] = None,
    data: _Data = Path("data"),
    server: _Server = None,
) -> None:
    """Make an access key and print it: it is shown this once."""
    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    with faults_shown(), _keys(data, server) as keys, _told(file) as tell:
        tell(keys.create(name, scopes, expires_at))


@commands.command("list")
def list_keys(data: _Data = Path("data"), server: _Server = None, as_json: AsJson = False) -> None:
    """List the access keys, those included that were revoked or have expired."""
    with faults_shown(), _keys(data, server) as keys:
        found = keys.every()
    if as_json:
        show_json(found)
        return
    rows = [{**one, "scopes": ", ".join(one["scopes"])} for one in found]
    show_table([name.replace("_", " ") for name in _COLUMNS], [[row[name] for name in _COLUMNS] for row in rows])


@commands.command()
def revoke(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its id, as `logsweep key list` shows it.")],
    data: _Data = Path("data"),
    server: _Server = None,
) -> None:
    """Revoke an access key: from now on it opens nothing."""
    with faults_shown(), _keys(data, server) as keys:
        keys.revoke(key)


class _Keys(Protocol):
    """The access keys, wherever they are."""

    def create(self, name: str, scopes: Sequence[Scope], expires_at: datetime | None) -> str:
        """Make a key; return its token."""

    def every(self) -> list[dict[str, Any]]:
        """Return all keys, as the API shows them."""

    def revoke(self, key: str) -> None:
        """Let a key open nothing."""


class _OfServer:
    """Those of a server that runs."""

    def __init__(self, client: "Client") -> None:
        self._client = client

    def create(self, name: str, scopes: Sequence[Scope], expires_at: datetime | None) -> str:
        return self._client.create_key(name, [scope.value for scope in scopes], expires_at=expires_at).token

    def every(self) -> list[dict[str, Any]]:
        return [one.model_dump(mode="json") for one in self._client.access_keys()]

    def revoke(self, key: str) -> None:
        self._client.revoke_key(key)


class _OfFolder:
    """Those of a folder that no server uses."""

    def __init__(self, access: "Access") -> None:
        self._access = access

    def create(self, name: str, scopes: Sequence[Scope], expires_at: datetime | None) -> str:
        return self._access.create(KeyDraft(name, scopes, expires_at))[1]

    def every(self) -> list[dict[str, Any]]:
        from app.api.keys import KeyAnswer  # noqa: PLC0415  # keeps the start of the other commands short

        return [KeyAnswer.of(one).model_dump(mode="json") for one in self._access.every()]

    def revoke(self, key: str) -> None:
        self._access.revoke(key)


@contextmanager
def _keys(data: Path, server: str | None) -> Iterator[_Keys]:
    if server is not None:
        with connected(server) as client:
            yield _OfServer(client)
        return
    from app.composition import open_access  # noqa: PLC0415  # keeps the start of the other commands short

    with open_access(data) as access:
        yield _OfFolder(access)


@contextmanager
def _told(file: Path | None) -> Iterator[Callable[[str], object]]:
    """Give what tells a token: into the file, or on standard output, where it can be sent on."""
    if file is None:
        yield typer.echo
        return
    with new_key_file(file) as write:
        yield write
