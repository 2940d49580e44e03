"""Take pictures of the dashboard: every view in light, dark and phone width, of a real server with real sweeps.

`make pictures` runs it. The pictures are WebP files beside this file, in dashboard/; each is VIEW-LOOK.webp.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from app.demo import EXAMPLE

FOLDER = Path(__file__).parent / "dashboard"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLOWERS = Path(__file__).parents[1] / "examples" / "flowers.csv"
MOST_HEIGHT = 1400
"""Pixels of a picture from the top; what comes below is cut off."""

QUALITY = 60
START_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Look:
    """A screen that pictures are taken of."""

    name: str
    width: int
    height: int
    scheme: Any


expect.set_options(timeout=START_SECONDS * 1000)

LOOKS = (Look("light", 1280, 900, "light"), Look("dark", 1280, 900, "dark"), Look("phone", 390, 800, "light"))

RATE = {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"}
DECAY = {"kind": "float", "low": 1e-6, "high": 1.0, "scale": "log"}
POPULATION = {
    "name": "digits, a population",
    "dataset": "digits",
    "seed": 7,
    "space": {"learning_rate": RATE, "l2": DECAY},
    "fixed": {"epochs": 20, "hidden_units": [32]},
    "scheduler": {"kind": "pbt", "population": 8, "interval": 2},
    "budget": {"trials": 32},
}
HALVING = {
    "name": "digits, halved at each rung, with a name that is far too long for a line of a table, let alone on a phone",
    "dataset": "digits",
    "seed": 7,
    "tags": ["a tag of its own", "withoutanyspaceandlongenoughtobebrokensomewhere"],
    "space": {"learning_rate": RATE, "beta2": {"kind": "float", "low": 0.9, "high": 0.9999, "scale": "reverse_log"}},
    "fixed": {"epochs": 27, "hidden_units": [32], "optimizer": "adam"},
    "scheduler": {"kind": "successive_halving", "first_rung": 3},
    "budget": {"trials": 27},
}
REGRESSION = {
    "name": "diabetes, a year on",
    "dataset": "diabetes",
    "seed": 7,
    "tags": ["regression"],
    "space": {"learning_rate": RATE, "l2": DECAY},
    "fixed": {"epochs": 30, "hidden_units": [16]},
    "objective": {"metric": "dev_rmse"},
    "budget": {"trials": 24},
}


@contextmanager
def serving(data: Path) -> Iterator[httpx.Client]:
    """Yield a client of a server of its own with two workers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-P",
        "-m",
        "app.cli",
        "serve",
        "--data",
        str(data),
        "--port",
        str(port),
        "--workers",
        "2",
    ]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  # our own
    try:
        assert server.stdout is not None
        for line in server.stdout:
            if line.startswith("Serving"):
                break
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=START_SECONDS) as client:
            yield client
    finally:
        server.terminate()
        server.wait()


def finished(client: httpx.Client, body: Mapping[str, Any]) -> dict[str, Any]:
    """Run a sweep to its end; return it."""
    sweep: dict[str, Any] = client.post("/v1/sweeps", json=body).raise_for_status().json()
    while sweep["state"] == "running":
        sweep = client.get(f"/v1/sweeps/{sweep['id']}", params={"wait": 20}).raise_for_status().json()
    return sweep


def views(client: httpx.Client) -> dict[str, str]:
    """Fill the server; return the address of each view by the name of its picture."""
    form = {"name": "flowers", "target": "species"}
    client.post("/v1/datasets", data=form, files={"file": (FLOWERS.name, FLOWERS.read_bytes())}).raise_for_status()
    digits = finished(client, {**EXAMPLE, "tags": ["first look"], "notes": "Is a small network enough for digits?"})
    population, regression, halving = (finished(client, one) for one in (POPULATION, REGRESSION, HALVING))
    trials = [f"trial={digits['id']}:best", f"trial={digits['id']}:5", f"trial={population['id']}:best"]
    tabs = ("overview", "curves", "parameters", "trials", "analysis", "ensemble", "decisions", "settings")
    best = f"#/sweeps/{digits['id']}/trials/{digits['best']['trial']}"
    number = f"#/sweeps/{regression['id']}/trials/{regression['best']['trial']}"
    return {
        "sweeps": "#/",
        "new": f"#/new?clone={digits['id']}",
        **{f"sweep-{tab}": f"#/sweeps/{digits['id']}?tab={tab}" for tab in tabs},
        "sweep-rungs": f"#/sweeps/{halving['id']}?tab=curves",
        "sweep-lineage": f"#/sweeps/{population['id']}?tab=lineage",
        "trial": best,
        "trial-answers": f"{best}  What it answers",
        "trial-regression-answers": f"{number}  What it answers",
        "trial-predict": f"{number}  Predict",
        "compare": f"#/compare?{'&'.join(trials)}",
        "datasets": "#/datasets",
        "dataset": "#/datasets/flowers",
        "upload": "#/datasets/upload",
        "workers": "#/workers",
    }


def take(page: Page, address: str, target: Path) -> None:
    """Open a view, wait until it has loaded and drawn its charts, and store its picture, or that of a part of it.

    The name of the part stands after two spaces.
    """
    address, _, part = address.partition("  ")
    page.goto("about:blank")
    page.goto(address, wait_until="load")
    page.locator("main h1").first.wait_for()
    expect(page.get_by_text("Loading")).to_have_count(0)
    expect(page.locator(".chart[aria-busy], .chart:not(:has(canvas))")).to_have_count(0)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    # In a picture of the whole page the bar stays at its top.
    box: Any = page.get_by_role("region", name=part, exact=True).bounding_box() if part else None
    shot = page.screenshot(full_page=True, clip=box)
    picture = Image.open(BytesIO(shot)).convert("RGB")
    picture.crop((0, 0, picture.width, min(picture.height, MOST_HEIGHT))).save(target, quality=QUALITY, method=6)


def take_all(browser: Browser, base: str, addresses: Mapping[str, str]) -> None:
    """Take the pictures of all views on all screens."""
    for look in LOOKS:
        size: Any = {"width": look.width, "height": look.height}
        context = browser.new_context(color_scheme=look.scheme, viewport=size)
        page = context.new_page()
        for name, address in addresses.items():
            take(page, f"{base}/{address}", FOLDER / f"{name}-{look.name}.webp")
        context.close()


def main() -> None:
    """Take all pictures anew."""
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as data, serving(Path(data)) as client, sync_playwright() as playwright:
        addresses = views(client)
        # Containers run as root, for whom Chromium has no sandbox.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        base = str(client.base_url).rstrip("/")
        take_all(browser, base, addresses)
        client.post("/v1/keys", json={"name": "the first key", "scopes": ["admin"]}).raise_for_status()
        take_all(browser, base, {"login": ""})
        browser.close()


if __name__ == "__main__":
    main()
