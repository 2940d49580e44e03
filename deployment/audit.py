"""Ask whether what the image ships has weaknesses that are known: `python -m deployment.audit LOCK`.

pip-audit passes over what its source knows nothing of, and says then that nothing was found. An index that is a copy of
PyPI often has no advisories, so that nothing at all was asked: what was left out is told here.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Package = Mapping[str, Any]


def weaknesses(packages: Iterable[Package]) -> list[str]:
    """Return a sentence for each weakness that is known of one of these packages."""
    return [
        f"{one['name']} {one['version']} has {found['id']}: {_way(found['fix_versions'])}."
        for one in packages
        for found in one.get("vulns", ())
    ]


def unasked(packages: Iterable[Package]) -> list[str]:
    """Return the names of those of which the source of advisories knows nothing."""
    return [one["name"] for one in packages if "skip_reason" in one]


def verdict(packages: list[Package]) -> tuple[list[str], bool]:
    """Return what is to be told, and whether that is good enough."""
    left_out, weak = unasked(packages), weaknesses(packages)
    told = list(weak)
    if left_out:
        which = f"any of {len(packages)} packages" if len(left_out) == len(packages) else ", ".join(left_out)
        told.append(
            f"NOT AUDITED: the package index that is asked here has no advisories for {which}. "
            "Run make check where pypi.org answers before anything is released."
        )
    return told or ["No weakness is known of what the image ships."], not weak


def _way(versions: Iterable[str]) -> str:
    mended = ", ".join(versions)
    return f"mended in {mended}; make lock takes newer versions" if mended else "not mended yet"


def audited(lock: Path) -> list[Package]:
    """Return what pip-audit says of each package of a lock file. Raises CalledProcessError if it could not ask."""
    words = ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json", "--requirement"]
    asked = subprocess.run(  # noqa: S603 - a tool of this environment, and a file of ours
        [sys.executable, "-m", "pip_audit", *words, str(lock)], capture_output=True, text=True, check=False
    )
    if not asked.stdout:  # it also ends with 1 where it has found something
        sys.stderr.write(asked.stderr)
        asked.check_returncode()
    packages: list[Package] = json.loads(asked.stdout)["dependencies"]
    return packages


def main() -> int:
    """Tell what is known, and return the exit code."""
    sentences, good = verdict(audited(Path(sys.argv[1])))
    for sentence in sentences:
        sys.stderr.write(f"{sentence}\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
