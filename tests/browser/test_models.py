"""The model of a trial in the dashboard: what it answers, and a form that asks it."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import serious_faults
from tests.system.processes import ServerProcess

pytestmark = pytest.mark.xdist_group("browser")  # they share one

FLATS = "size,colour,price\n" + "".join(
    f"{40 + number % 50},{'red' if number % 3 else 'blue'},{'high' if number % 50 > 25 else 'low'}\n"
    for number in range(200)
)


@pytest.fixture(scope="module")
def sweep(server: ServerProcess) -> str:
    """Return a completed sweep on a table with numbers and words, of which one model is kept."""
    form, files = {"name": "flats", "target": "price"}, {"file": ("flats.csv", FLATS)}
    server.client.post("/v1/datasets", data=form, files=files).raise_for_status()
    fixed = {"epochs": 4, "hidden_units": [4]}
    space = {"learning_rate": {"kind": "float", "low": 1e-3, "high": 1e-1, "scale": "log"}}
    body = {"name": "flats", "dataset": "flats", "space": space, "fixed": fixed, "budget": {"trials": 3}}
    posted = server.client.post("/v1/sweeps", json={**body, "keep_models": 1, "pool": 1}).raise_for_status()
    name: str = posted.json()["id"]
    state = ""
    while state != "completed":
        state = server.client.get(f"/v1/sweeps/{name}", params={"wait": 20}).raise_for_status().json()["state"]
    return name


def test_a_model_shows_what_it_answers_and_predicts_a_row(page: Page, server: ServerProcess, sweep: str) -> None:
    best = server.client.get(f"/v1/sweeps/{sweep}/best").json()["number"]
    page.goto(f"./#/sweeps/{sweep}/trials/{best}")
    for title in ("Confusion matrix", "ROC curves", "Calibration"):
        expect(page.get_by_role("img", name=title)).to_be_visible()
    page.get_by_label("part").select_option("test")
    expect(page.get_by_text("30 rows of test")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV of Confusion matrix").click()
    assert download.value.path().read_text().splitlines()[1].startswith("high,")
    form = page.get_by_role("region", name="Predict")
    form.get_by_label("size").fill("88")
    form.get_by_label("colour").select_option("red")
    page.get_by_role("button", name="Predict price").click()
    row = {"size": 88, "colour": "red"}
    route = f"/v1/sweeps/{sweep}/trials/{best}/predict"
    wanted = server.client.post(route, json={"rows": [row]}).json()["items"][0]["prediction"]
    expect(page.get_by_text(f"price: {wanted}")).to_be_visible()
    expect(page.get_by_text("Loading")).to_have_count(0)
    assert serious_faults(page) == []


def test_a_trial_without_a_model_says_why(page: Page, server: ServerProcess, sweep: str) -> None:
    kept = server.client.get(f"/v1/sweeps/{sweep}/models").json()["items"][0]["trial"]
    page.goto(f"./#/sweeps/{sweep}/trials/{0 if kept else 1}")
    expect(page.get_by_text("only those of the best 1 finished trials are kept")).to_be_visible()


def test_the_ensemble_shows_what_it_answers(page: Page, sweep: str) -> None:
    page.goto(f"./#/sweeps/{sweep}?tab=ensemble")
    expect(page.get_by_role("img", name="Calibration")).to_be_visible()
    expect(page.get_by_role("button", name="Predict price")).to_be_visible()
    expect(page.get_by_text("Loading")).to_have_count(0)
    assert serious_faults(page) == []
