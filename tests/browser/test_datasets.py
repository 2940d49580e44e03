"""Data sets in the dashboard: seen before they are stored, stored, and deleted."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import serious_faults

pytestmark = pytest.mark.xdist_group("browser")  # they share one

ROWS = "\n".join(
    ["age,job,bought", *(f"{20 + n},{'clerk' if n % 3 else 'smith'},{'yes' if n % 2 else 'no'}" for n in range(40))]
)


def test_a_table_is_seen_before_it_is_stored_and_can_be_deleted(page: Page, tmp_path: Path) -> None:
    table = tmp_path / "shop.csv"
    table.write_text(ROWS)
    page.get_by_role("link", name="Data sets").click()
    page.get_by_role("link", name="Upload a table").click()
    page.get_by_label("Table").set_input_files(table)
    page.get_by_label("Column to predict").fill("bought")
    page.get_by_role("textbox", name="Name for sweeps").fill("shop")
    page.get_by_role("button", name="Show what it would become").click()
    expect(page.get_by_text("Nothing is stored yet.")).to_be_visible()
    expect(page.get_by_role("cell", name="smith")).to_be_visible()
    assert serious_faults(page) == []
    page.get_by_role("button", name="Store it").click()
    expect(page.get_by_role("heading", name="shop", level=1)).to_be_visible()
    assert serious_faults(page) == []
    page.get_by_role("button", name="Delete the data set").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete the data set").click()
    expect(page.get_by_role("link", name="iris")).to_be_visible()
    expect(page.get_by_role("link", name="shop")).to_have_count(0)


def test_what_is_wrong_with_a_table_is_said_where_it_was_sent(page: Page, tmp_path: Path) -> None:
    table = tmp_path / "shop.csv"
    table.write_text(ROWS)
    page.goto("./#/datasets/upload")
    page.get_by_label("Table").set_input_files(table)
    page.get_by_label("Column to predict").fill("sold")
    page.get_by_role("button", name="Show what it would become").click()
    expect(page.get_by_role("alert")).to_contain_text("sold")
