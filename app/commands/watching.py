"""A sweep live on the terminal: progress, curves of the best trials as sparklines, and the leader board."""

from typing import TYPE_CHECKING, final

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from app.commands.figures import figure
from app.commands.tables import shown

if TYPE_CHECKING:
    from logsweep import Sweep
    from logsweep.answers.sweeps import SweepAnswer

LEADERS = 8
WIDTH = 30
_BARS = "▁▂▃▄▅▆▇█"


def watched(sweep: "Sweep") -> None:
    """Show a sweep until it runs no more; it is looked at when its events say that something happened."""
    console = Console()
    with Live(console=console, auto_refresh=False) as live:
        view = _View(sweep)
        sweep.wait(progress=lambda now: live.update(view.of(now), refresh=True))
    if not console.is_terminal:
        console.line()  # a file's last line ends too


def sparkline(values: list[float | None]) -> str:
    """Return a curve as a line of bars, at most `WIDTH` wide; gaps are blank."""
    step = max(1, -(-len(values) // WIDTH))
    shown = values[::step]
    there = [value for value in shown if value is not None]
    if not there:
        return ""
    low, span = min(there), (max(there) - min(there)) or 1.0
    places = [None if value is None else int((value - low) / span * (len(_BARS) - 1)) for value in shown]
    return "".join(" " if place is None else _BARS[place] for place in places)


@final
class _View:
    def __init__(self, sweep: "Sweep") -> None:
        self._sweep = sweep

    def of(self, now: "SweepAnswer") -> RenderableType:
        """Return what is shown of a sweep."""
        metric = now.objective["metric"]
        best = "–" if now.best is None else f"{now.best.value:.4g} (trial {now.best.trial})"
        counts = ", ".join(f"{count} {state}" for state, count in now.counts.items() if count)
        head = shown(f"{now.name or now.id}: {now.state}. {counts}. Best {metric}: {best}.")
        bar = ProgressBar(total=max(1, int(now.budget["trials"])), completed=now.done, width=60)
        return Group(head, bar, self._leaders(now))

    def _leaders(self, now: "SweepAnswer") -> Table:
        metric = str(now.objective["metric"])
        order = "value" if now.objective["direction"] == "minimize" else "-value"
        table = Table(box=box.SIMPLE_HEAD)
        for name in ("trial", metric, "curve", "hyperparameters"):
            table.add_column(shown(name), justify="right" if name in {"trial", metric} else "left", overflow="fold")
        leaders = [one for one, _ in zip(self._sweep.trials(sort=order, limit=LEADERS), range(LEADERS), strict=False)]
        for one in leaders:
            if one.value is not None:
                curve = [getattr(epoch, metric, None) for epoch in self._sweep.curve(one.number)]
                row = (str(one.number), figure(one.value), sparkline(curve), figure(one.params))
                table.add_row(*map(shown, row))
        return table
