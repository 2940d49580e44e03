"""A sweep in the dashboard: it moves by itself, is filtered, and obeys."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import serious_faults
from tests.system.processes import ServerProcess

pytestmark = pytest.mark.xdist_group("browser")  # they share one

PICTURE = "(canvas) => canvas.toDataURL()"
NAME = "irises <img src=x onerror=alert(1)>"
BODY = {
    "name": NAME,
    "dataset": "iris",
    "seed": 3,
    "space": {
        "learning_rate": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"},
        "optimizer": {"kind": "choice", "values": ["momentum", "adam"]},
    },
    "fixed": {"epochs": 5, "hidden_units": [4]},
    "budget": {"trials": 12},
}


@pytest.fixture(scope="module")
def sweep(server: ServerProcess) -> str:
    """Return a completed sweep of 12 trials."""
    name: str = server.client.post("/v1/sweeps", json=BODY).raise_for_status().json()["id"]
    state = ""
    while state != "completed":
        state = server.client.get(f"/v1/sweeps/{name}", params={"wait": 20}).raise_for_status().json()["state"]
    return name


@pytest.mark.usefixtures("sweep")
def test_a_name_is_text_and_never_runs(page: Page) -> None:
    page.goto("./#/")
    page.get_by_role("link", name=NAME).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)


@pytest.mark.parametrize("tab", ["overview", "curves", "parameters", "trials", "analysis", "decisions", "settings"])
def test_every_part_of_a_sweep_can_be_read_by_all(page: Page, sweep: str, tab: str) -> None:
    page.goto(f"./#/sweeps/{sweep}?tab={tab}")
    expect(page.locator("section.panel").first).to_be_visible()
    expect(page.get_by_text("Loading")).to_have_count(0)
    assert serious_faults(page) == []


def test_a_filter_leaves_the_trials_that_fit(page: Page, server: ServerProcess, sweep: str) -> None:
    where = "param.optimizer=adam"
    wanted = server.client.get(f"/v1/sweeps/{sweep}/trials", params={"where": where}).json()["items"]
    page.goto(f"./#/sweeps/{sweep}?tab=trials")
    page.get_by_label("Only trials where").fill(where)
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(len(wanted))
    page.get_by_role("button", name="Show all trials").click()
    expect(page.locator("tbody tr")).to_have_count(12)


def brush(page: Page, sweep: str) -> tuple[float, float]:
    """Brush the first axis of the parallel coordinates; return where the brush begins."""
    page.goto(f"./#/sweeps/{sweep}?tab=parameters")
    canvas = page.get_by_role("img", name="Parallel coordinates").locator("canvas")
    box = canvas.bounding_box()
    assert box is not None
    x, top = box["x"] + 40, box["y"] + 60
    page.mouse.move(x, top)
    page.mouse.down()
    page.mouse.move(x, top + 100, steps=5)
    page.mouse.up()
    expect(page).to_have_url(re.compile("where=param.learning_rate"))
    return x, top


def test_a_brush_in_parallel_coordinates_filters_the_table(page: Page, sweep: str) -> None:
    brush(page, sweep)
    page.get_by_role("link", name="Trials").click()
    expect(page.locator("tbody tr").first).to_be_visible()
    assert 0 < page.locator("tbody tr").count() < 12


def test_a_click_on_the_axis_takes_the_filter_away_at_once(page: Page, sweep: str) -> None:
    x, top = brush(page, sweep)
    page.mouse.click(x, top + 140)  # below the brush, and still in the window
    expect(page).not_to_have_url(re.compile("where="))


def test_a_trial_is_opened_and_shows_what_to_do(page: Page, sweep: str) -> None:
    page.goto(f"./#/sweeps/{sweep}?tab=trials")
    page.locator("tbody a").first.click()
    expect(page.get_by_role("heading", name=re.compile(r"Trial \d+"), level=1)).to_be_visible()
    expect(page.get_by_role("heading", name="Diagnosis")).to_be_visible()
    expect(page.get_by_text("Loading")).to_have_count(0)
    assert serious_faults(page) == []
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV of loss by epoch").click()
    assert download.value.path().read_text().startswith("epoch,train_loss")


def test_a_sweep_moves_without_a_reload_and_obeys(page: Page, server: ServerProcess) -> None:
    long = {**BODY, "name": "long", "fixed": {"epochs": 2000, "hidden_units": [64, 64]}, "budget": {"trials": 500}}
    name = server.client.post("/v1/sweeps", json=long).raise_for_status().json()["id"]
    page.goto(f"./#/sweeps/{name}?tab=curves")
    drawn = page.get_by_role("img", name="dev_error by epoch").locator("canvas")
    first = drawn.evaluate(PICTURE)
    page.wait_for_function(f"first => ({PICTURE})(document.querySelector('.chart canvas')) !== first", arg=first)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("h1 + .row .pill")).to_have_text("paused")
    page.get_by_text("Why is it not finished?").click()
    expect(page.get_by_text("Someone paused it")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("h1 + .row .pill")).to_have_text("running")
    expect(page.get_by_text("Someone paused it")).to_have_count(0)
    page.get_by_role("button", name="Extend").click()
    page.get_by_role("spinbutton", name="trials").fill("600")
    page.get_by_role("button", name="Extend the sweep").click()
    expect(page.get_by_text("The sweep goes on with the new budget.")).to_be_visible()
    assert server.client.get(f"/v1/sweeps/{name}").json()["budget"]["trials"] == 600
    page.get_by_role("button", name="Cancel the sweep").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the sweep").click()
    expect(page.locator("h1 + .row .pill")).to_have_text("cancelled")
    page.get_by_role("button", name="Delete the sweep").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete the sweep").click()
    expect(page.get_by_role("heading", name="Sweeps")).to_be_visible()
    assert server.client.get(f"/v1/sweeps/{name}").status_code == 404


def test_workers_show_who_is_alive(page: Page) -> None:
    page.get_by_role("link", name="Workers").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    assert serious_faults(page) == []
