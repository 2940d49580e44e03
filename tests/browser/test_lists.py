"""The list of sweeps: filters in the address, labels that change, two of them compared, and the lineage of one."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import serious_faults
from tests.system.processes import ServerProcess

pytestmark = pytest.mark.xdist_group("browser")  # they share one

BODY: dict[str, Any] = {
    "dataset": "iris",
    "space": {"learning_rate": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"}},
    "fixed": {"epochs": 6, "hidden_units": [4]},
    "budget": {"trials": 8},
}
PBT = {"scheduler": {"kind": "pbt", "population": 4, "interval": 1}}


@pytest.fixture(scope="module")
def sweeps(server: ServerProcess) -> dict[str, str]:
    """Return the ids of two completed sweeps by their names: one of single trials, one of a population."""
    found = {}
    bodies: dict[str, dict[str, Any]] = {"alone": {"tags": ["odd"]}, "together": PBT}
    for name, changes in bodies.items():
        posted = server.client.post("/v1/sweeps", json={**BODY, "name": name, **changes}).raise_for_status().json()
        found[name] = posted["id"]
        state = ""
        while state != "completed":
            answer = server.client.get(f"/v1/sweeps/{posted['id']}", params={"wait": 20})
            state = answer.raise_for_status().json()["state"]
    return found


@pytest.mark.usefixtures("sweeps")
def test_a_filter_of_the_list_is_in_the_address_and_comes_off_again(page: Page) -> None:
    page.goto("./#/?tag=odd")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Show all sweeps").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("searchbox", name="name").fill("tog")
    page.get_by_role("searchbox", name="name").press("Enter")
    expect(page).to_have_url(re.compile("name=tog"))
    expect(page.locator("tbody tr")).to_have_count(1)
    assert serious_faults(page) == []


def test_two_sweeps_are_compared_by_their_best_trials(page: Page, sweeps: dict[str, str]) -> None:
    for name in sweeps:
        page.get_by_label(f"Compare {name}").check()
    page.get_by_role("link", name="Compare the best trials of 2").click()
    for name in sweeps:
        expect(page.get_by_role("link", name=re.compile(f"^{name}, trial"))).to_be_visible()


def test_name_tags_and_notes_are_changed_where_they_stand(
    page: Page, server: ServerProcess, sweeps: dict[str, str]
) -> None:
    page.goto(f"./#/sweeps/{sweeps['alone']}")
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("textbox", name="tags").fill("odd, small, odd")
    page.get_by_role("textbox", name="notes").fill("Enough.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="small")).to_be_visible()
    found = server.client.get(f"/v1/sweeps/{sweeps['alone']}").json()
    assert (found["name"], found["tags"], found["notes"]) == ("alone", ["odd", "small"], "Enough.")


def test_a_population_has_a_lineage_and_single_trials_have_none(
    page: Page, server: ServerProcess, sweeps: dict[str, str]
) -> None:
    trials = server.client.get(f"/v1/sweeps/{sweeps['together']}/trials").json()["items"]
    heirs = [one for one in trials if one["lineage"]]
    page.goto(f"./#/sweeps/{sweeps['together']}?tab=lineage")
    expect(page.get_by_role("img", name="Lineage")).to_be_visible()
    expect(page.get_by_role("region", name="Heirs").last.locator("tbody tr")).to_have_count(len(heirs))
    assert serious_faults(page) == []
    page.goto(f"./#/sweeps/{sweeps['together']}/trials/{heirs[-1]['number']}")
    expect(page.get_by_role("heading", name="Lineage")).to_be_visible()
    page.goto(f"./#/sweeps/{sweeps['alone']}")
    expect(page.get_by_role("link", name="Overview")).to_be_visible()
    expect(page.get_by_role("link", name="Lineage")).to_have_count(0)
