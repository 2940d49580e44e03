"""The frame around all views: menu, colours, keyboard."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import serious_faults

pytestmark = pytest.mark.xdist_group("browser")  # they share one


def test_a_server_without_sweeps_says_what_to_do(page: Page) -> None:
    expect(page.get_by_role("heading", name="Sweeps")).to_be_visible()
    expect(page.get_by_text("There is no sweep yet.")).to_be_visible()


def test_an_address_that_no_view_has_leads_back_to_the_sweeps(page: Page) -> None:
    page.goto("./#/nowhere/else")
    page.get_by_role("link", name="All sweeps").click()
    expect(page).to_have_title("Sweeps · logsweep")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_chosen_colours_stay_and_can_be_read(page: Page, theme: str) -> None:
    page.get_by_label("Colours").select_option(theme)
    page.reload()
    expect(page.get_by_label("Colours")).to_have_value(theme)
    expect(page.get_by_role("heading", name="Sweeps")).to_be_visible()
    assert serious_faults(page) == []


def test_the_first_tab_leads_past_the_menu(page: Page) -> None:
    expect(page.get_by_role("heading", name="Sweeps")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
