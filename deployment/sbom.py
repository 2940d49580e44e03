"""The bill of materials: all that the image ships beside Python itself, as CycloneDX; `make sbom` writes it anew.

Versions and hashes are those of the lock that the image installs from, and of the dashboard's vendored modules;
licences are what the packages say of themselves.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
FILE = ROOT / "deployment" / "sbom.cdx.json"
LOCK = ROOT / "requirements" / "image.lock"
VENDORED = ROOT / "app" / "dashboard" / "static" / "vendor" / "vendor.json"

ELSEWHERE = frozenset({"colorama"})
"""Locked for Windows alone: in no image."""

_OF_CLASSIFIER = {
    "MIT License": "MIT",
    "BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
_TOLD_NOWHERE = {
    "protobuf": "BSD-3-Clause",  # its metadata has a name of no list
    "pysqlite3": "Zlib",  # its metadata has none, its sources do; the SQLite in it is in the public domain
}


def main() -> None:
    """Write the bill of materials."""
    FILE.write_text(bill_of_materials())


def bill_of_materials() -> str:
    """Return it as CycloneDX JSON: the same text for the same materials."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    itself = _component("pypi", project["name"], project["version"], project["license"], [])
    materials = sorted([*_packages(), *_modules()], key=lambda one: str(one.purl))
    bom = Bom(components=materials, metadata=BomMetaData(component=itself))
    bom.register_dependency(itself, materials)
    found = json.loads(make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string())
    del found["serialNumber"], found["metadata"]["timestamp"]  # chance and time: they tell nothing of the materials
    return json.dumps(found, indent=1, sort_keys=True) + "\n"


def _packages() -> Iterator[Component]:
    """Yield the packages of the lock; one may have several versions, for several versions of Python."""
    for block in re.split(r"\n(?=\S)", LOCK.read_text().strip()):
        one = Requirement(block.split(" \\\n")[0])
        if one.name not in ELSEWHERE:
            (exact,) = one.specifier
            yield _component("pypi", one.name, exact.version, _licence(one.name), re.findall(r"sha256:(\w+)", block))


def _modules() -> Iterator[Component]:
    """Yield the npm packages that the dashboard's vendored modules are made of."""
    packages: dict[tuple[str, str, str], list[str]] = {}
    for one in json.loads(VENDORED.read_text()):
        packages.setdefault((one["package"], one["version"], one["licence"]), []).append(one["sha256"])
    for (name, version, licence), hashes in packages.items():
        yield _component("npm", name, version, licence, hashes)


def _component(kind: str, name: str, version: str, licence: str, hashes: list[str]) -> Component:
    scope, _, short = name.rpartition("/")
    purl = PackageURL(kind, scope or None, short, version)
    return Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        purl=purl,
        bom_ref=str(purl),
        licenses=[LicenseFactory().make_from_string(licence)],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=one) for one in hashes],
    )


def _licence(package: str) -> str:
    """Return the licence that a package which is installed here says it has, as an SPDX expression."""
    about = metadata.metadata(package)
    classifiers = [one.rpartition(" :: ")[2] for one in about.get_all("Classifier") or [] if one.startswith("License")]
    told = [_told(about, "License-Expression"), *map(_OF_CLASSIFIER.get, classifiers), _TOLD_NOWHERE.get(package)]
    return next((one for one in told if one), _told(about, "License") or "")


def _told(about: metadata.PackageMetadata, field: str) -> str | None:
    """Return a field of metadata; None if it has none, for which some readers raise KeyError."""
    return about[field] if field in about else None  # noqa: SIM401 - its type has no get


if __name__ == "__main__":
    main()
