"""The commands `logsweep backup` and `logsweep restore`."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from shlex import quote

import httpx
import typer

from app.domain.errors import Conflict, LogsweepError, Unavailable
from app.domain.problems import told
from app.domain.texts import visible
from app.domain.uploads import PIECE
from app.key_files import TAKEN_FROM, authorization, find_key
from app.storage import FILE
from app.storage.backup import Contents, check, move, partial_of, restore, take_at_rest
from app.storage.restored_keys import RestoredKeys, restored_keys

_TIMEOUT = httpx.Timeout(30.0, read=None)


def run_backup(file: Path, data: Path, server: str | None, *, as_json: bool = False) -> None:
    """Copy the database of a server, or of a folder that no server uses, to a new file. Raises LogsweepError."""
    if file.exists():
        raise Conflict(f"{file} is there already, and a backup overwrites nothing. Choose another name.")
    partial = partial_of(file)
    try:
        if server is None:
            take_at_rest(data, FILE, partial)
        else:
            _fetch(server, partial)
        contents = check(partial)
        move(partial, file)
    finally:
        partial.unlink(missing_ok=True)
    typer.echo(_as_json(file, contents) if as_json else f"Wrote {file}: {_told(contents)}.")


def run_restore(file: Path, data: Path, *, as_json: bool = False) -> None:
    """Check a backup and put it into a data folder. Raises LogsweepError."""
    now = datetime.now(UTC)
    contents, before = restore(file, data, FILE, now)
    keys = restored_keys(data / FILE, before, now)
    if as_json:
        typer.echo(_as_json(data / FILE, contents, before, keys.names))
        return
    if before is not None:
        typer.echo(f"The database that was there is now {before}.")
    typer.echo(f"Restored {data / FILE}: {_told(contents)}.")
    if keys.names:
        _tell_keys(keys, data)
    if keys.open:
        typer.echo("The copy has no access keys: a server on it asks nobody for one. To have it ask, make one first:")
        typer.echo(f"  {_on_folder('create NAME --scope admin', data)}")


def _tell_keys(keys: RestoredKeys, data: Path) -> None:
    """Say which keys are good by the copy, and how each is revoked."""
    if keys.compared:
        typer.echo("These access keys open it again, and did not open what was there:")
    else:
        typer.echo("These access keys open it. If some were revoked after the copy was made, revoke them again:")
    for key, name in keys.names.items():
        typer.echo(f"  {visible(name)}: {_on_folder(f'revoke {key}', data)}")


def _on_folder(command: str, data: Path) -> str:
    """Return a command about keys as it is copied: a server that the environment names would be asked otherwise."""
    return f"LOGSWEEP_SERVER= logsweep key {command} --data {quote(str(data))}"


def _as_json(file: Path, contents: Contents, before: Path | None = None, keys: Mapping[str, str] | None = None) -> str:
    was: dict[str, object] = {} if before is None else {"before": str(before)}
    if keys is not None:
        was["keys"] = [{"id": key, "name": name} for key, name in keys.items()]
    told = {"file": str(file), "sweeps": contents.sweeps, "trials": contents.trials, "bytes": contents.size}
    return json.dumps({**told, **was}, indent=2)


def _told(contents: Contents) -> str:
    sweeps = "1 sweep" if contents.sweeps == 1 else f"{contents.sweeps:,} sweeps"
    trials = "1 trial" if contents.trials == 1 else f"{contents.trials:,} trials"
    return f"{sweeps}, {trials}, {contents.size:,} bytes, checked"


def _fetch(server: str, file: Path) -> None:
    """Write the backup that a server sends to a file. The server answers once all of it was copied and checked."""
    headers = authorization(find_key(None, os.environ))
    try:
        with (
            file.open("wb") as out,
            httpx.stream("POST", f"{server}/v1/backup", headers=headers, timeout=_TIMEOUT) as answer,
        ):
            if answer.is_error:
                way = f" {TAKEN_FROM}" if answer.status_code == HTTPStatus.UNAUTHORIZED else ""
                raise LogsweepError(f"The server refused: {told(answer.status_code, answer.read())}{way}")
            for piece in answer.iter_bytes(PIECE):
                out.write(piece)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(f"The server {server} sent no backup: {error}. Is it running there?") from None
    except OSError as error:
        raise Unavailable(
            f"{file} could not be written: {error.strerror}. Make room, or choose another place."
        ) from None
