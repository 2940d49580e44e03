"""What a shell completes that only the server knows: the ids of sweeps."""

import typer

from app.commands.connection import LOCAL
from app.domain.texts import visible

PATIENCE = 2.0
"""Seconds that someone who has pressed the tabulator waits."""

MOST = 100
"""The newest sweeps are offered."""


def known_sweeps(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the newest sweeps whose ids begin so, each with its name; none where no server answers."""
    from logsweep import Client, LogsweepError  # noqa: PLC0415  # keeps other commands short

    try:
        with Client(context.params.get("server") or LOCAL, deadline=PATIENCE) as client:
            page = client.sweeps(limit=MOST)
            found = [(one.id, visible(f"{one.name}, {one.state}")) for one, _ in zip(page, range(MOST), strict=False)]
    except LogsweepError:
        return []
    return [one for one in found if one[0].startswith(incomplete)]
