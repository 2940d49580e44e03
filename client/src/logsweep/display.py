"""What notebooks show: small tables, in which every text is escaped."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from logsweep.answers import Answer
from logsweep.answers.sweeps import SweepAnswer
from logsweep.calls import Page
from logsweep.frames import columns
from logsweep.progress import total

MOST_ROWS = 20
"""Rows of a list that are shown."""


def sweep_html(sweep: SweepAnswer) -> str:
    """Return a sweep as HTML."""
    best = sweep.best
    rows = {
        "state": sweep.state if sweep.reason is None else f"{sweep.state}: {sweep.reason}",
        "trials": f"{sweep.done:,} of {total(sweep):,}",
        f"best {sweep.objective['metric']}": "none yet" if best is None else f"{best.value:.6g}, trial {best.trial}",
        **({} if best is None else {name: cell(value) for name, value in best.params.items()}),
    }
    shown = f"<progress value='{sweep.done}' max='{max(total(sweep), 1)}'></progress>"
    return f"{_pairs(f'{sweep.name} ({sweep.id})', rows)}{shown}"


def model_html(name: str, card: Mapping[str, Any]) -> str:
    """Return a model as HTML: the plain values of its card."""
    rows = {key: cell(value) for key, value in card.items() if not isinstance(value, dict | list)}
    return _pairs(name, rows)


def table_html(page: Page[Any]) -> str:
    """Return the first items of a list as HTML."""
    items: Sequence[Answer] = page.items[:MOST_ROWS]
    table = columns(items)
    head = "".join(f"<th>{escape(name)}</th>" for name in table)
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell(value))}</td>' for value in row)}</tr>"
        for row in zip(*table.values(), strict=True)
    )
    more = "<p>...</p>" if len(page.items) > MOST_ROWS or page.next else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}"


def cell(value: Any) -> str:
    """Return a value as a cell has it."""
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _pairs(title: str, rows: Mapping[str, str]) -> str:
    body = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows.items())
    return f"<table><caption>{escape(title)}</caption><tbody>{body}</tbody></table>"
