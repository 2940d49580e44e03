"""From coarse to fine in the dashboard: what a sweep has found of its space, and the sweep that goes on from there."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import serious_faults
from tests.browser.test_sweeps import BODY
from tests.system.processes import ServerProcess

pytestmark = pytest.mark.xdist_group("browser")  # they share one

TRIALS = 24


@pytest.fixture(scope="module")
def coarse(server: ServerProcess) -> str:
    """Return a completed sweep with enough trials to say something of the space."""
    body = {**BODY, "name": "coarse", "budget": {"trials": TRIALS}}
    name: str = server.client.post("/v1/sweeps", json=body).raise_for_status().json()["id"]
    state = ""
    while state != "completed":
        state = server.client.get(f"/v1/sweeps/{name}", params={"wait": 20}).raise_for_status().json()["state"]
    return name


def test_the_analysis_is_read_and_refine_starts_the_next_sweep(page: Page, server: ServerProcess, coarse: str) -> None:
    page.goto(f"./#/sweeps/{coarse}?tab=analysis")
    expect(page.get_by_label("importance of learning_rate")).to_be_visible()
    expect(page.get_by_role("heading", name="The next space")).to_be_visible()
    assert serious_faults(page) == []
    page.get_by_role("button", name="Refine").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("coarse, refined")
    expect(page).not_to_have_url(re.compile(coarse))
    newest = server.client.get("/v1/sweeps").json()["items"][0]
    assert [one["sweep"] for one in newest["history"]] == [coarse]
    assert (newest["budget"]["trials"], newest["sampler"]["kind"]) == (TRIALS, "gp")


def test_a_scatter_has_the_mean_of_its_parameter(page: Page, coarse: str) -> None:
    page.goto(f"./#/sweeps/{coarse}?tab=parameters")
    expect(page.get_by_role("img", name="dev_error by learning_rate")).to_be_visible()
