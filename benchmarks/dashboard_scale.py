"""The dashboard on sweeps of very many trials: python -m benchmarks.dashboard_scale [trials ...].

For each number of trials it makes a sweep, serves it, opens it in the system's Chromium and does there what people do.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.measured_page import MeasuredPage, Memory, Opening, Reaction, browsing
from benchmarks.memory import MEGABYTE, memory
from benchmarks.multiplied_sweep import SPACE, multiply
from benchmarks.service import Service, serving
from benchmarks.spread import Target, show_table

TRIALS = (100_000, 1_000_000)
TRAINED = 64
EPOCHS, FEW_EPOCHS = 10, 3
"""Epochs of each trial, and of each of a million: their file would take long to make."""

OPENINGS = 5
FIRST, INPUT, MEMORY = Target("<=", 1000.0, " ms"), Target("<=", 100.0, " ms"), Target("<=", 300.0, " MB")


def main(counts: Sequence[int]) -> None:
    """Measure each, and print the report."""
    with browsing() as browser:
        for count in counts:
            with TemporaryDirectory(prefix="logsweep-") as folder:
                data = Path(folder) / "data"
                sweep = _fill(data, count)
                print(_report(browser, data, sweep, count), flush=True)


def _fill(data: Path, count: int) -> str:
    """Make a data folder with a sweep of so many trials; return its id."""
    epochs = EPOCHS if count <= TRIALS[0] else FEW_EPOCHS
    body = {
        "name": f"digits, {count:,} trials",
        "dataset": "digits",
        "seed": 7,
        "space": SPACE,
        "fixed": {"epochs": epochs, "hidden_units": [16]},
        "budget": {"trials": TRAINED},
    }
    with serving(data, workers=2) as service:
        sweep, _ = service.run_sweep(body)
    multiply(data, count)
    return str(sweep["id"])


def _report(browser: Browser, data: Path, sweep: str, count: int) -> str:
    with serving(data, workers=0) as service:
        cold = _open(browser, service, sweep)
        warm = [_open(browser, service, sweep) for _ in range(OPENINGS)]
        page = MeasuredPage(browser, str(service.client.base_url))
        page.open(f"/#/sweeps/{sweep}")
        first = list(_walk(page, "first"))
        again = list(_walk(page, "again"))
        held = page.memory()
        page.close()
        server = memory(service.pid, "VmRSS") / MEGABYTE
    parts = [_openings(cold, warm), _reactions([*first, *again]), _memory(held, server)]
    return f"## The dashboard on a sweep of {count:,} trials\n\n" + "\n\n".join(parts) + "\n"


def _open(browser: Browser, service: Service, sweep: str) -> Opening:
    """Open the sweep in a browser that has nothing of the dashboard yet."""
    page = MeasuredPage(browser, str(service.client.base_url))
    opening = page.open(f"/#/sweeps/{sweep}")
    page.close()
    return opening


def _walk(page: MeasuredPage, when: str) -> Iterator[Reaction]:
    """Go through the tabs of the sweep and do in each what people do there."""

    def react(name: str, answers: int, act: Any) -> Reaction:
        return page.react(f"{name}, {when}", act, answers)

    yield react("overview: another axis", 1, _choice("against", "epochs"))
    yield react("curves", 1, _tab("Curves"))
    yield react("curves: 200 of them", 1, _choice("trials", "200"))
    yield react("curves: a log axis", 0, lambda one: one.get_by_label("log axis").check())
    yield react("curves: smoothed", 0, lambda one: one.get_by_label("smooth").press("ArrowRight"))
    yield react("parameters", 2, _tab("Parameters"))
    yield react("parameters: brush an axis", 1, _brush)
    yield react("parameters: take the filter away", 0, _button("Show all trials"))
    yield react("trials", 1, _tab("Trials"))
    yield react("trials: sort by a metric", 1, _button("dev_loss"))
    yield react("trials: sort by a parameter", 1, _button("learning_rate"))
    yield react("trials: the next page", 1, _button("Next page"))
    yield react("analysis", 2, _tab("Analysis"))
    yield react("decisions", 1, _tab("Decisions"))
    yield react("overview", 1, _tab("Overview"))


def _tab(name: str) -> Any:
    return lambda page: page.get_by_role("navigation", name="Parts of the sweep").get_by_role("link", name=name).click()


def _choice(label: str, value: str) -> Any:
    return lambda page: page.locator(f"main label:has-text('{label}') select").select_option(value)


def _button(name: str) -> Any:
    return lambda page: page.get_by_role("button", name=name).first.click()


def _brush(page: Page) -> None:
    """Draw along the first axis of the parallel coordinates."""
    box = page.get_by_role("img", name="Parallel coordinates").bounding_box()
    assert box is not None
    x, top, height = box["x"] + 40, box["y"] + 50, box["height"] - 74
    page.mouse.move(x, top + 0.3 * height)
    page.mouse.down()
    page.mouse.move(x, top + 0.6 * height, steps=12)
    page.mouse.up()


def _openings(cold: Opening, warm: Sequence[Opening]) -> str:
    def row(name: str, times: Sequence[float], target: Target | None) -> Sequence[str]:
        later = sorted(times[1:])
        verdict = target.verdict(later[-1]) if target else ""
        return [name, f"{times[0]:,.0f} ms", f"{later[len(later) // 2]:,.0f} ms", f"{later[-1]:,.0f} ms", verdict]

    all_ = [cold, *warm]
    rows = [
        row("first paint", [one.paint for one in all_], FIRST),
        row("the sweep's name and figures", [one.content for one in all_], FIRST),
        row("its first chart", [one.chart for one in all_], FIRST),
        row("all of it", [one.whole for one in all_], None),
    ]
    header = ["from the address to", "new server", f"warm, median of {len(warm)}", "warm, longest", "target, longest"]
    return show_table(header, rows)


def _reactions(reactions: Sequence[Reaction]) -> str:
    rows = [
        [
            one.name,
            _below(one.paint, 16),
            f"{one.frame:.0f} ms",
            _below(one.task, 50),
            f"{one.busy:.0f} ms",
            f"{one.shown:,.0f} ms",
        ]
        for one in reactions
    ]
    longest = max(one.paint for one in reactions)
    header = [
        "input",
        "to the next paint",
        "longest between frames",
        "longest task",
        "its processor time",
        "until all is shown",
    ]
    return f"{show_table(header, rows)}\n\nTo the next paint, longest: {longest:.0f} ms, {INPUT.verdict(longest)}."


def _below(milliseconds: float, least: int) -> str:
    return f"{milliseconds:.0f} ms" if milliseconds else f"< {least} ms"


def _memory(held: Memory, server: float) -> str:
    page = f"The page at its end: {held.heap:.0f} MB held by scripts, its process {held.process:.0f} MB"
    return f"{page}, {MEMORY.verdict(held.process)}. The server: {server:.0f} MB."


if __name__ == "__main__":
    main([int(one) for one in sys.argv[1:]] or TRIALS)
