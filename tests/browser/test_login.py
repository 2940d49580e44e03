"""Where the server asks for access keys: the login, and what is behind it."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser import conftest
from tests.browser.conftest import serious_faults
from tests.system.processes import ServerProcess

pytestmark = pytest.mark.xdist_group("browser")  # they share one


@pytest.fixture(scope="module")
def token(server: ServerProcess) -> str:
    """Let the server ask for keys, and return one that may do everything."""
    made = httpx.post(f"{server.address}/v1/keys", json={"name": "Ada", "scopes": ["admin"]})
    return str(made.raise_for_status().json()["token"])


def test_a_key_leads_to_the_sweeps_and_the_way_out_back_to_the_login(
    token: str, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    unauthorised = "the server responded with a status of 401"
    monkeypatch.setattr(conftest, "_REFUSALS", (*conftest._REFUSALS, unauthorised))
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert serious_faults(page) == []
    page.get_by_label("Access key").fill(token[:-1])
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("none of this server")
    page.get_by_label("Access key").fill(token)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Sweeps")).to_be_visible()
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
