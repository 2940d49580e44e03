"""`logsweep key`: make, change, list and revoke access keys, in a folder without a server or of a server that runs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol, cast

import typer

from app.commands.connection import AsJson, connected
from app.commands.output import show_json, show_table
from app.domain.access import AccessKey, KeyDraft, Scope
from app.domain.errors import Fault, InvalidRequest
from app.domain.quotas import QUOTAS, Quotas
from app.key_files import new_key_file
from app.terminal import faults_shown, tell

if TYPE_CHECKING:
    from app.services.access import Access
    from logsweep import Client
    from logsweep.requests import QuotaLimits

commands = typer.Typer(no_args_is_help=True, help="Make, change, list and revoke access keys.")

_Data = Annotated[Path, typer.Option(help="The folder of a server that does not run.", envvar="LOGSWEEP_DATA")]
_Server = Annotated[
    str | None,
    typer.Option(help="The server that is running; without it no server may use --data.", envvar="LOGSWEEP_SERVER"),
]
_Key = Annotated[str, typer.Argument(metavar="KEY", help="Its id, as `logsweep key list` shows it.")]
_MaxSweeps = Annotated[int | None, typer.Option(min=0, help="How many sweeps it may have at a time.")]
_MaxTrials = Annotated[int | None, typer.Option(min=0, help="How many trials it may use.")]
_MaxEpochs = Annotated[int | None, typer.Option(min=0, help="How many epochs it may train.")]
_MaxBytes = Annotated[int | None, typer.Option(min=0, help="How many bytes it may store.")]
_Quota = StrEnum("_Quota", list(QUOTAS))  # type: ignore[misc]  # its members are known from the record alone
Limits = dict[str, int | None]
_COLUMNS = ("id", "name", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at")


@commands.command()
def create(  # noqa: PLR0913, PLR0917 - each is an option
    name: Annotated[str, typer.Argument(help="What it is for, or whose it is.")],
    scopes: Annotated[list[Scope], typer.Option("--scope", help="What it allows; again for more.")],
    days: Annotated[float | None, typer.Option(help="After how many days it expires; never by default.")] = None,
    max_sweeps: _MaxSweeps = None,
    max_trials: _MaxTrials = None,
    max_epochs: _MaxEpochs = None,
    max_bytes: _MaxBytes = None,
    file: Annotated[
        Path | None, typer.Option(help="Write it to this new file, which you alone can read.", dir_okay=False)
    ] = None,
    data: _Data = Path("data"),
    server: _Server = None,
    as_json: AsJson = False,
) -> None:
    """Make an access key and print it: it is shown this once."""
    now = datetime.now(UTC)
    quotas = Quotas(**_named(max_sweeps, max_trials, max_epochs, max_bytes))
    with faults_shown():
        draft = KeyDraft(name, scopes, None if days is None else _after(now, days), quotas)
        _require_sound(draft, now)
        with _written(file) as write, _keys(data, server) as keys:
            made = keys.create(draft)
            write(token := made.pop("token"))
    if as_json:
        show_json({**made, "token": token} if file is None else {**made, "file": str(file)})
    elif file is None:
        typer.echo(token)


@commands.command()
def change(  # noqa: PLR0913, PLR0917 - each is an option
    key: _Key,
    max_sweeps: _MaxSweeps = None,
    max_trials: _MaxTrials = None,
    max_epochs: _MaxEpochs = None,
    max_bytes: _MaxBytes = None,
    without: Annotated[list[_Quota] | None, typer.Option(help="A quota to take away; again for more.")] = None,
    data: _Data = Path("data"),
    server: _Server = None,
    as_json: AsJson = False,
) -> None:
    """Change the quotas of an access key, and show them. What is used already stays used."""
    limits = _named(max_sweeps, max_trials, max_epochs, max_bytes)
    quotas = _changes(limits, [kind.value for kind in without or ()])
    with faults_shown(), _known_keys(data, server) as keys:
        changed = keys.change(key, quotas)
    if as_json:
        show_json(changed)
        return
    _show_quotas([changed])


@commands.command("quotas")
def show_quotas(data: _Data = Path("data"), server: _Server = None, as_json: AsJson = False) -> None:
    """Show of every access key what is used of its quotas."""
    with faults_shown(), _known_keys(data, server) as keys:
        found = keys.every()
    if as_json:
        show_json([{name: one[name] for name in ("id", "name", "quotas", "used")} for one in found])
        return
    _show_quotas(found)


@commands.command("list")
def list_keys(data: _Data = Path("data"), server: _Server = None, as_json: AsJson = False) -> None:
    """List the access keys, those included that were revoked or have expired."""
    with faults_shown(), _known_keys(data, server) as keys:
        found = keys.every()
    if as_json:
        show_json(found)
        return
    rows = [{**one, "scopes": ", ".join(one["scopes"])} for one in found]
    headings = [f"!{name}" if name == "id" else name.replace("_", " ") for name in _COLUMNS]
    show_table(headings, [[row[name] for name in _COLUMNS] for row in rows])


@commands.command()
def revoke(
    key: _Key,
    data: _Data = Path("data"),
    server: _Server = None,
    as_json: AsJson = False,
) -> None:
    """Revoke an access key: from now on it opens nothing."""
    with faults_shown(), _known_keys(data, server) as keys:
        keys.revoke(key)
    if as_json:
        show_json({"revoked": key})


class _Keys(Protocol):
    """The access keys, wherever they are."""

    def create(self, draft: KeyDraft) -> dict[str, Any]:
        """Make a key; return it as the API shows it, with its token."""

    def change(self, key: str, quotas: Limits) -> dict[str, Any]:
        """Change those quotas of a key that are named; return it as the API shows it."""

    def every(self) -> list[dict[str, Any]]:
        """Return all keys, as the API shows them."""

    def revoke(self, key: str) -> None:
        """Let a key open nothing."""


class _OfServer:
    """Those of a server that runs."""

    def __init__(self, client: "Client") -> None:
        self._client = client

    def create(self, draft: KeyDraft) -> dict[str, Any]:
        from logsweep import DeadlineExceeded, Unreachable  # noqa: PLC0415  # as below

        limits = cast("QuotaLimits", {kind: most for kind, most in asdict(draft.quotas).items() if most is not None})
        words: Any = [scope.value for scope in draft.scopes or ()]
        try:
            made = self._client.create_key(draft.name or "", words, expires_at=draft.expires_at, quotas=limits)
        except (Unreachable, DeadlineExceeded):
            way = "Look with `logsweep key list` once the server answers, and revoke a key whose token nobody has."
            tell(f"Whether the key was made is not known. {way}")
            raise
        return made.model_dump(mode="json")

    def change(self, key: str, quotas: Limits) -> dict[str, Any]:
        return self._client.change_key(key, quotas=cast("QuotaLimits", quotas)).model_dump(mode="json")

    def every(self) -> list[dict[str, Any]]:
        return [one.model_dump(mode="json") for one in self._client.access_keys()]

    def revoke(self, key: str) -> None:
        self._client.revoke_key(key)


class _OfFolder:
    """Those of a folder that no server uses."""

    def __init__(self, access: "Access") -> None:
        self._access = access

    def create(self, draft: KeyDraft) -> dict[str, Any]:
        key, token = self._access.create(draft)
        return {**self._shown([key])[0], "token": token}

    def change(self, key: str, quotas: Limits) -> dict[str, Any]:
        return self._shown([self._access.limit(key, quotas)])[0]

    def every(self) -> list[dict[str, Any]]:
        return self._shown(self._access.every())

    def revoke(self, key: str) -> None:
        self._access.revoke(key)

    def _shown(self, keys: Sequence[AccessKey]) -> list[dict[str, Any]]:
        from app.api.keys import KeyAnswer  # noqa: PLC0415  # keeps the start of the other commands short

        used = self._access.usages(keys)
        return [KeyAnswer.of(*one).model_dump(mode="json") for one in zip(keys, used, strict=True)]


def _after(now: datetime, days: float) -> datetime:
    """Return when so many days are over. Raises InvalidRequest where no date is so far away."""
    try:
        return now + timedelta(days=days)
    except (OverflowError, ValueError):  # the latter for what is no number
        way = "Name fewer, or leave --days out for a key that never expires"
        raise InvalidRequest([Fault("/expires_at", f"No date is {days:g} days from now. {way}.")]) from None


def _named(sweeps: int | None, trials: int | None, epochs: int | None, stored: int | None) -> Limits:
    """Return those quotas that were said."""
    said = zip(QUOTAS, (sweeps, trials, epochs, stored), strict=True)
    return {kind: limit for kind, limit in said if limit is not None}


def _changes(limits: Limits, without: Sequence[str]) -> Limits:
    """Return what becomes of quotas. Raises BadParameter if nothing does, or two things of the same one."""
    if both := [kind for kind in limits if kind in without]:
        raise typer.BadParameter(f"{' and '.join(both)} cannot get a limit and lose it. Say one of both.")
    if not limits and not without:
        raise typer.BadParameter("say what to change: --max-sweeps, --max-trials, ..., or --without QUOTA")
    return {**dict.fromkeys(without), **limits}


def _show_quotas(keys: Sequence[Mapping[str, Any]]) -> None:
    rows = [[one["id"], one["name"], *(_of_quota(one, kind) for kind in QUOTAS)] for one in keys]
    show_table(["!id", "name", *QUOTAS], rows)


def _of_quota(key: Mapping[str, Any], kind: str) -> str:
    used, limit = key["used"][kind], key["quotas"][kind]
    return f"{used:,}" if limit is None else f"{used:,} of {limit:,}"


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
def _known_keys(data: Path, server: str | None) -> Iterator[_Keys]:
    """Give the keys that are there: only the first command of a new server, which makes a key, makes its folder."""
    from app.storage import FILE, backup  # noqa: PLC0415  # as above

    if server is None:
        backup.require_there(data, FILE)
    with _keys(data, server) as keys:
        yield keys


@contextmanager
def _written(file: Path | None) -> Iterator[Callable[[str], object]]:
    """Give what writes a token into the file, if there is one, which goes again if no key is made."""
    if file is None:
        yield lambda _: None
        return
    with new_key_file(file) as write:
        yield write


def _require_sound(draft: KeyDraft, now: datetime) -> None:
    """Raise InvalidRequest before a folder is made, or a server asked, for a key that cannot be."""
    from app.services.access import draft_faults  # noqa: PLC0415  # as above

    if faults := draft_faults(draft, now):
        raise InvalidRequest(faults)
