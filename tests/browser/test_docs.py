"""The page of the API: it needs no other host, and what it shows works as it stands."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.system.processes import ServerProcess, until

pytestmark = pytest.mark.xdist_group("browser")  # they share one


def tried_out(page: Page, operation: str) -> Locator:
    """Try an operation out as it stands; return the place of the status of its answer."""
    block = page.locator(f'[id="operations-{operation}"]')
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    return block.locator(".live-responses-table tbody .response-col_status").first


@contextmanager
def stopped_workers(server: ServerProcess) -> Iterator[None]:
    """Let no sweep go on meanwhile."""
    workers = until(server.children, "the server has workers")
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        for worker in workers:
            os.kill(worker, signal.SIGCONT)


def test_what_the_page_of_the_api_shows_works_as_it_stands(page: Page, server: ServerProcess) -> None:
    page.get_by_role("link", name="API").click()
    with stopped_workers(server):  # else the sweep may have ended before it is paused
        expect(tried_out(page, "sweeps-create_sweep")).to_have_text("201")
        expect(tried_out(page, "sweeps-pause_sweep")).to_have_text("200")  # of the sweep that was just posted
    expect(tried_out(page, "datasets-upload_dataset")).to_have_text("201")
    page.get_by_role("link", name="Dashboard").click()
    expect(page.get_by_role("link", name="first look at iris")).to_be_visible()
