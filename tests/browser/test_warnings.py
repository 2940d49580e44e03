"""What the dashboard warns of: no worker, parts of the data that differ, a disk that is full."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import serious_faults
from tests.disk.shim import Disk, disk_of
from tests.system.processes import ServerProcess, running

pytestmark = pytest.mark.xdist_group("browser")  # they share one

LONG = "a sweep " * 24
BODY = {
    "name": LONG.strip(),
    "tags": ["w" * 60],
    "dataset": "shifted",
    "space": {"learning_rate": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"}},
    "budget": {"trials": 8},
}
TRAIN = "\n".join(["age,bought", *(f"{n},{'yes' if n % 2 else 'no'}" for n in range(300))])
DEV = "\n".join(["age,bought", *(f"{n + 900},{'yes' if n % 2 else 'no'}" for n in range(200))])


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    """Yield the disk of the server."""
    folder = tmp_path_factory.mktemp("warnings")
    with disk_of(folder / "data", folder) as found:
        yield found


@pytest.fixture(scope="module")
def server(disk: Disk) -> Iterator[ServerProcess]:
    """Yield a server without workers, with a sweep on a data set whose dev part is not like its train part."""
    started = ServerProcess(disk.folder, variables=disk.environment())
    with running(started):
        files = {"file": ("train.csv", TRAIN), "dev_file": ("dev.csv", DEV)}
        form = {"name": "shifted", "target": "bought"}
        started.client.post("/v1/datasets", data=form, files=files).raise_for_status()
        started.client.post("/v1/sweeps", json=BODY).raise_for_status()
        yield started


def test_the_list_warns_of_what_keeps_a_sweep_from_good_results(page: Page) -> None:
    row = page.locator("tbody tr")
    expect(row).to_contain_text("No live worker trains for logsweep")
    expect(row.get_by_role("link", name="Its parts differ.")).to_be_visible()
    assert serious_faults(page) == []


def test_a_sweep_says_how_its_data_differ(page: Page) -> None:
    page.locator("tbody td.name a").first.click()
    expect(page.get_by_text("The distributions of train and dev differ")).to_be_visible()
    assert serious_faults(page) == []


def test_a_disk_that_is_full_is_told_above_each_view_until_there_is_room(page: Page, disk: Disk) -> None:
    page.locator("tbody td.name a").first.click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    disk.fill()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Nothing can be stored now")).to_be_visible()
    disk.make_room()
    page.get_by_role("link", name="Data sets").click()
    expect(page.get_by_role("heading", name="Data sets")).to_be_visible()
    expect(page.get_by_text("Nothing can be stored now")).to_have_count(0)
