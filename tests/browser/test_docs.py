"""The page of the API: it needs no other host, and what it shows works as it stands."""

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.xdist_group("browser")  # they share one


def tried_out(page: Page, operation: str) -> Locator:
    """Try an operation out as it stands; return the place of the status of its answer."""
    block = page.locator(f'[id="operations-{operation}"]')
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    return block.locator(".live-responses-table tbody .response-col_status").first


def test_what_the_page_of_the_api_shows_works_as_it_stands(page: Page) -> None:
    page.get_by_role("link", name="API").click()
    expect(tried_out(page, "sweeps-create_sweep")).to_have_text("201")
    expect(tried_out(page, "sweeps-pause_sweep")).to_have_text("200")  # of the sweep that was just posted
    expect(tried_out(page, "datasets-upload_dataset")).to_have_text("201")
    page.get_by_role("link", name="Dashboard").click()
    expect(page.get_by_role("link", name="first look at iris")).to_be_visible()
