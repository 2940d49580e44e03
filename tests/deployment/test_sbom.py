"""The bill of materials tells what is shipped now, and every licence in it may be shipped."""

import json
import re
from typing import Any

import pytest

from deployment.sbom import FILE, bill_of_materials

ALLOWED = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MPL-2.0", "PSF-2.0", "Zlib",
}  # fmt: skip
MATERIALS = json.loads(FILE.read_text())["components"]


def test_the_bill_of_materials_is_that_of_the_lock_and_of_the_vendored_modules() -> None:
    assert FILE.read_text() == bill_of_materials(), "run make sbom"


@pytest.mark.parametrize("material", MATERIALS, ids=lambda one: str(one["purl"]))
def test_what_is_shipped_has_hashes_and_a_licence_that_lets_us(material: dict[str, Any]) -> None:
    assert material["hashes"]
    (licence,) = material["licenses"]
    told = licence.get("expression") or licence["license"]["id"]
    assert set(re.split(r" AND | OR ", told)) <= ALLOWED
