"""`logsweep doctor`: whether a server is well, or a data folder that no server uses, and what can be mended there."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from app.commands.connection import LOCAL, PATIENCE, AsJson, Exit, Server, connected
from app.commands.output import show_facts, show_json
from app.terminal import faults_shown, sentences, tell
from app.version import logsweep_version

Folder = Annotated[
    Path | None,
    typer.Option(
        help="Look at this data folder, which no server may use, in place of a server.", envvar="LOGSWEEP_DATA"
    ),
]
Mending = Annotated[bool, typer.Option("--mend", help="Mend in the folder what can be mended without a loss.")]


def doctor(
    context: typer.Context, server: Server = LOCAL, data: Folder = None, mend: Mending = False, as_json: AsJson = False
) -> None:
    """Tell whether a server is well, or a data folder: all bytes of it are read. Exits with 1 if something is wrong.

    A server is well if it answers, can store, has workers and is of this version.
    """
    data = _chosen(context, data)
    if data is not None:
        _show(*_of_folder(data, mending=mend), as_json=as_json)
    elif mend:
        raise typer.BadParameter(
            "a folder is mended, while no server uses it: name it with --data", param_hint="--mend"
        )
    else:
        _show(*_of_server(server), (), as_json=as_json)


def _chosen(context: typer.Context, data: Path | None) -> Path | None:
    """Return the folder to look at, or None for a server: options come before variables, then servers before folders.

    Raises BadParameter if options name both.
    """
    sources = {name: context.get_parameter_source(name) for name in ("server", "data")}
    said = {name: source.name for name, source in sources.items() if source is not None}
    if said == {"server": "COMMANDLINE", "data": "COMMANDLINE"}:
        raise typer.BadParameter("a server is looked at, or a folder that none uses: name one with --server or --data")
    if "COMMANDLINE" in said.values():
        return data if said.get("data") == "COMMANDLINE" else None
    return None if said.get("server") == "ENVIRONMENT" else data


def _of_server(server: str) -> tuple[Mapping[str, Any], list[str]]:
    """Return what a server tells of itself, and what is wrong."""
    with connected(server) as client:
        ready, alive = client.within(PATIENCE).readiness(), list(client.workers())  # a full disk may stay so for long
        open_sweeps = list(client.sweeps(state="running"))
    wrong = [one.no_workers for one in open_sweeps if one.no_workers is not None]
    version = getattr(ready, "version", None)
    if version is not None and version != logsweep_version():
        wrong.append(
            f"The server is of version {version}, this command of {logsweep_version()}. Upgrade the older one."
        )
    facts = {"ready": ready.model_dump(mode="json"), "workers": len(alive), "running_sweeps": len(open_sweeps)}
    return facts, wrong


def _of_folder(data: Path, *, mending: bool) -> tuple[Mapping[str, Any], list[str], list[str]]:
    """Return what a folder has, what is wrong in it or with the settings, and what was mended."""
    from app.storage import FILE, checkup  # noqa: PLC0415  # keeps other commands short

    with faults_shown():
        found = checkup.check(data, data / FILE, datetime.now(UTC), mending=mending)
    wrong = [*_told(found.troubles, mended=False), *_wrong_settings()]
    return found.facts, wrong, list(_told(found.troubles, mended=True))


def _told(troubles: Sequence[Any], *, mended: bool) -> Iterator[str]:
    for one in troubles:
        if one.mended is mended:
            way = " It can be mended: --mend." if one.mend is not None and not mended else ""
            yield f"{one.detail}{way}"


def _wrong_settings() -> list[str]:
    """Return what the environment sets that a server would refuse."""
    from app.domain.errors import InvalidRequest  # noqa: PLC0415  # as above
    from app.settings import read_settings  # noqa: PLC0415  # as above

    try:
        read_settings()
    except InvalidRequest as error:
        return sentences(error)
    return []


def _show(facts: Mapping[str, Any], wrong: Sequence[str], mended: Sequence[str], *, as_json: bool) -> None:
    """Show what was found; end with 1 if something is wrong."""
    if as_json:
        show_json({**facts, "mended": list(mended), "wrong": list(wrong)})
    else:
        show_facts(_flat(facts))
        for sentence in mended:
            tell(f"Mended: {sentence}", err=False)
        for sentence in wrong or ["Nothing is wrong."]:
            tell(sentence, err=False)
    if wrong:
        raise typer.Exit(Exit.REFUSED)


def _flat(facts: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for name, value in facts.items():
        yield from value.items() if name == "ready" else [(name, value)]
