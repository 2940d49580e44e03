"""A new sweep from the form: form and JSON both ways, a look at what it draws, and all of it by keyboard alone."""

import json
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import serious_faults
from tests.system.processes import ServerProcess

pytestmark = pytest.mark.xdist_group("browser")  # they share one

MOST_TABS = 80
BODY = {
    "dataset": "iris",
    "space": {"learning_rate": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"}},
    "fixed": {"epochs": 3, "hidden_units": [4]},
    "budget": {"trials": 5},
}


def request_of(page: Page) -> dict[str, object]:
    found: dict[str, object] = json.loads(page.get_by_label("The request as JSON").input_value())
    return found


def test_the_form_and_the_json_are_one_request_and_start_a_sweep(page: Page, server: ServerProcess) -> None:
    page.goto("./#/new?dataset=iris")
    page.get_by_label("Name").fill("from the form")
    page.get_by_role("spinbutton", name="trials").fill("6")
    page.keyboard.press("Tab")  # what was typed is taken where one leaves
    page.get_by_label("Search another hyperparameter").select_option("batch_size")
    request = request_of(page)
    assert (request["name"], request["budget"]) == ("from the form", {"trials": 6})
    assert "batch_size" in str(request["space"])
    page.get_by_label("The request as JSON").fill(json.dumps({**request, "tags": ["both ways"]}))
    expect(page.get_by_label("Tags, with commas between")).to_have_value("both ways")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("img", name="Draws of learning_rate")).to_be_visible()
    assert serious_faults(page) == []
    page.get_by_role("button", name="Start the sweep").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("from the form")
    newest = server.client.get("/v1/sweeps").json()["items"][0]
    assert (newest["tags"], newest["budget"]["trials"], newest["dataset"]) == (["both ways"], 6, "iris")


def test_what_the_server_refuses_is_said_above_the_form(page: Page) -> None:
    page.goto("./#/new?dataset=iris")
    page.get_by_label("The request as JSON").fill(
        json.dumps({**BODY, "space": {"lerning_rate": {"kind": "float", "low": 0.1, "high": 1.0}}})
    )
    page.get_by_role("button", name="Start the sweep").click()
    expect(page.get_by_role("alert")).to_contain_text("learning_rate")


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the focus is there."""
    expect(wanted).to_be_visible()
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate("(one) => one === document.activeElement"):
            return
    raise AssertionError(f"{wanted} is not reached by {MOST_TABS} tabs")


def press(page: Page, wanted: Locator) -> None:
    """Use a link or a button by keyboard."""
    tab_to(page, wanted)
    page.keyboard.press("Enter")


def test_a_sweep_is_started_by_keyboard_alone(page: Page) -> None:
    press(page, page.locator("nav").get_by_role("link", name="New sweep"))
    tab_to(page, page.get_by_label("Name"))
    page.keyboard.type("without a mouse")
    tab_to(page, page.get_by_role("spinbutton", name="trials"))
    page.keyboard.press("Control+a")
    page.keyboard.type("5")
    press(page, page.get_by_role("button", name="Start the sweep"))
    expect(page.get_by_role("heading", level=1)).to_have_text("without a mouse")
    expect(page.locator("h1 + .row .pill")).to_have_text("completed")


def test_a_sweep_is_read_filtered_and_deleted_by_keyboard_alone(page: Page, server: ServerProcess) -> None:
    posted = server.client.post("/v1/sweeps", json={**BODY, "name": "read"}).raise_for_status().json()
    page.goto(f"./#/sweeps/{posted['id']}")
    expect(page.locator("h1 + .row .pill")).to_have_text("completed")
    press(page, page.get_by_role("link", name="Trials"))
    expect(page.locator("tbody tr")).to_have_count(5)
    tab_to(page, page.get_by_label("Only trials where"))
    page.keyboard.type("number<2")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(2)
    press(page, page.locator("tbody a").first)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Trial \d"))
    press(page, page.get_by_role("navigation", name="Where this is").get_by_role("link"))
    press(page, page.get_by_role("button", name="Delete the sweep"))
    press(page, page.get_by_role("dialog").get_by_role("button", name="Delete the sweep"))
    expect(page.get_by_role("heading", name="Sweeps")).to_be_visible()
    assert server.client.get(f"/v1/sweeps/{posted['id']}").status_code == 404
