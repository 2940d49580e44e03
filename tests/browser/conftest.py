"""A browser, and pages that must stay silent and at home: no error, no request to another host."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect, sync_playwright

from tests.app.storage.auditor import audit_folder
from tests.system.processes import ServerProcess, running

CHROMIUM = "/usr/bin/chromium"
"""Debian's; make test installs it where it is missing."""

_REFUSALS = tuple(f"the server responded with a status of {status}" for status in (404, 409, 422, 503, 507))
"""What the browser notes of a request that the server refused with sentences, which the page shows."""

PATIENCE_MS = 60_000.0
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Yield one browser for this folder: while it is there an event loop runs, which other tests must not meet."""
    with sync_playwright() as playwright:
        # Containers run as root, for whom Chromium has no sandbox.
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Yield a server with one worker, which the tests of a module share."""
    folder = tmp_path_factory.mktemp("browser")
    started = ServerProcess(folder / "data", workers=1)
    with running(started):
        yield started
    audit_folder(folder)


@pytest.fixture
def page(browser: Browser, server: ServerProcess) -> Iterator[Page]:
    """Yield a page of its own at the dashboard; at the end it has logged nothing and asked no other host."""
    context = browser.new_context(base_url=f"{server.address}/")
    context.set_default_timeout(PATIENCE_MS)
    opened = context.new_page()
    said: list[str] = []
    foreign: list[str] = []
    opened.on("console", lambda message: None if _is_refusal(message) else said.append(message.text))
    opened.on("pageerror", lambda error: said.append(f"error: {error}"))
    opened.on("request", lambda one: None if _is_at_home(one.url, server) else foreign.append(one.url))
    opened.goto("./")
    yield opened
    context.close()
    assert said == []
    assert foreign == []


def _is_refusal(message: ConsoleMessage) -> bool:
    """Return whether the API refused something; a file of the dashboard that is missing is an error."""
    url = message.location["url"]
    return ("/v1/" in url or url.endswith("/readyz")) and any(one in message.text for one in _REFUSALS)


def _is_at_home(url: str, server: ServerProcess) -> bool:
    return url.startswith((f"{server.address}/", "data:", "blob:"))


PHONE: ViewportSize = {"width": 320, "height": 800}
"""The narrowest that a page must fit without being moved sideways (WCAG 2.2, 1.4.10)."""

STICKS_OUT = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("main *")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth && !one.closest(".scroll, .chart"))
    .map((one) => `wider than a phone: ${one.outerHTML.slice(0, 100)}`)"""
"""What lies beyond the right edge of the screen, where the page is wider than it."""

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


def serious_faults(page: Page) -> list[str]:
    """Return what keeps someone from using the page: what axe finds, and what does not fit a phone."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run()")["violations"]
    return [
        f"{one['id']}: {one['help']}: {[node['target'] for node in one['nodes']]}"
        for one in found
        if one["impact"] in {"serious", "critical"}
    ] + too_wide(page)


def too_wide(page: Page) -> list[str]:
    """Return what makes the page wider than a phone, which would show all of it smaller."""
    before = page.viewport_size
    assert before is not None
    page.set_viewport_size(PHONE)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    found: list[str] = page.evaluate(STICKS_OUT)
    page.set_viewport_size(before)
    return found
