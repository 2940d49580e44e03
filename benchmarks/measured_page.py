"""A page of the dashboard in the system's Chromium that is measured: how soon it is there, and answers to inputs."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.memory import MEGABYTE, memory

CHROMIUM = "/usr/bin/chromium"
PATIENCE_MS = 120_000.0
_OBSERVER = Path(__file__).with_name("page_observer.js")
_TASKS = "disabled-by-default-devtools.timeline"
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


@dataclass(frozen=True, slots=True)
class Opening:
    """Milliseconds from the start of the navigation: the first paint, the sweep's name, the first chart, all of it."""

    paint: float
    content: float
    chart: float
    whole: float


@dataclass(frozen=True, slots=True)
class Reaction:
    """What an input led to, in milliseconds.

    `paint` is from the input to the next paint (Event Timing, in steps of 8 ms; below 16 it is not told and 0), `frame`
    the longest time between two frames until all was there, `task` the longest task of the page's thread (0 below 50),
    `busy` the processor time of its longest task, which other processes hardly change, and `shown` the time until all
    was there, with what the server answered.
    """

    name: str
    paint: float
    frame: float
    task: float
    busy: float
    shown: float


@dataclass(frozen=True, slots=True)
class Memory:
    """Megabytes of the page after a garbage collection: what its scripts hold, and all of its process."""

    heap: float
    process: float


class MeasuredPage:
    """A page of its own in a browser."""

    def __init__(self, browser: Browser, base: str) -> None:
        self._browser = browser
        self._context = browser.new_context(base_url=base, viewport={"width": 1280, "height": 900})
        self._context.set_default_timeout(PATIENCE_MS)
        self._context.add_init_script(path=_OBSERVER)
        self.page: Page = self._context.new_page()

    def open(self, address: str) -> Opening:
        """Open an address anew; return how soon what was there."""
        self.page.goto("about:blank")
        self.page.goto(address, wait_until="commit")
        whole = self.page.evaluate("window.settled(1)")
        seen = self.page.evaluate(f"({{ paint: {_PAINT}, content: observed.contentAt, chart: observed.chartAt }})")
        return Opening(**seen, whole=whole)

    def react(self, name: str, act: Callable[[Page], object], answers: int) -> Reaction:
        """Do something and return what it led to; it leads to so many answers of the server at least."""
        self.page.evaluate("window.beginStep()")
        self._browser.start_tracing(categories=[_TASKS])
        act(self.page)
        shown = self.page.evaluate("(answers) => window.settled(answers)", answers)
        seen: dict[str, Any] = self.page.evaluate("observed")
        busy = _longest_task(json.loads(self._browser.stop_tracing())["traceEvents"])
        return Reaction(name, seen["paint"], seen["frame"], seen["task"], busy, shown)

    def memory(self) -> Memory:
        """Collect garbage, and return what the page holds."""
        session = self._context.new_cdp_session(self.page)
        session.send("HeapProfiler.enable")
        session.send("HeapProfiler.collectGarbage")
        session.send("Performance.enable")
        metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        session.detach()
        return Memory(metrics["JSHeapUsedSize"] / MEGABYTE, self._process() / MEGABYTE)

    def _process(self) -> int:
        """Return the resident memory of the process that draws this page: the largest one of its kind."""
        session = self._browser.new_browser_cdp_session()
        processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
        session.detach()
        return max(memory(one["id"], "VmRSS") for one in processes if one["type"] == "renderer")

    def close(self) -> None:
        """Close it, and forget its cache."""
        self._context.close()


def _longest_task(events: Sequence[dict[str, Any]]) -> float:
    """Return the most milliseconds of a processor that one task of a page's thread took."""
    pages = {
        (one["pid"], one["tid"])
        for one in events
        if one["name"] == "thread_name" and one["args"]["name"] == "CrRendererMain"
    }
    tasks = (one for one in events if one["name"] == "RunTask" and (one["pid"], one["tid"]) in pages)
    return max((one.get("tdur", 0) / 1e3 for one in tasks), default=0.0)


@contextmanager
def browsing() -> Iterator[Browser]:
    """Yield a browser."""
    with sync_playwright() as playwright:
        # Containers run as root, for whom Chromium has no sandbox.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
