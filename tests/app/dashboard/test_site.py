"""The dashboard's files, their policy, and the libraries that they need."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from app.dashboard.site import STATIC, content_security_policy
from tests.app.api.serving import serving

VENDOR = STATIC / "vendor"
LIBRARIES = json.loads((VENDOR / "vendor.json").read_text())


def test_the_page_and_its_files_come_with_a_policy_that_lets_nothing_else_in(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, _):
        for page in (client.get("/"), client.get("/docs")):
            policy = page.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            links = re.findall(r'(?:src|href)="\./(dashboard/[^"]+)"', page.text)
            assert links
            for link in links:
                assert client.get(f"/{link}").headers["X-Content-Type-Options"] == "nosniff", link


def test_the_page_of_the_api_has_no_script_within_and_leads_back_to_the_dashboard() -> None:
    page = (STATIC / "docs.html").read_text()
    assert re.findall(r"<script(?![^>]* src=)", page) == []
    assert '<a href="./">' in page


def test_another_import_map_needs_another_policy() -> None:
    page = (STATIC / "index.html").read_text()
    assert content_security_policy(page) != content_security_policy(page.replace("vendor/preact.js", "elsewhere.js"))


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda one: str(one["file"]))
def test_a_library_is_the_one_that_was_written_down(library: dict[str, str]) -> None:
    stored = (VENDOR / library["file"]).read_bytes()
    assert hashlib.sha256(stored).hexdigest() == library["sha256"]
    wanted = json.loads((Path(__file__).parents[3] / "web" / "package.json").read_text())["dependencies"]
    assert wanted[library["package"]] == library["version"]
    licence = library["package"].replace("@", "").replace("/", "-")
    assert (VENDOR / "licences" / f"{licence}.txt").is_file()


def test_the_import_map_names_every_library_and_no_other() -> None:
    page = (STATIC / "index.html").read_text()
    found = re.search(r'<script type="importmap">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    named = json.loads(found[1])["imports"]
    assert named == {one["import"]: f"./dashboard/vendor/{one['file']}" for one in LIBRARIES if one["import"]}
