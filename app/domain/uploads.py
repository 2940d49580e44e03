"""Uploads: tables as they were sent, and what the sender says about them."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path, PurePath
from typing import Any, BinaryIO

from app.domain.errors import Fault, InvalidRequest

PIECE = 1 << 20
"""Bytes of a file, a model or a checkpoint that are read or sent at a time."""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file with the name that it was sent under."""

    name: str
    content: bytes

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes in turn: all at once, since they are in memory anyway."""
        yield self.content


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file on disk with the name that it was sent under; its content takes memory only while it is read."""

    name: str
    path: Path

    @property
    def content(self) -> bytes:
        """The bytes of the file, read anew each time."""
        return self.path.read_bytes()

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes of the file in turn, without holding more than a piece."""
        with self.path.open("rb") as stream:
            yield from _pieces(stream)


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file as a web server holds it, on disk if it is large, with the name that it was sent under."""

    name: str
    stream: BinaryIO

    @property
    def content(self) -> bytes:
        """The bytes of the file, read anew each time."""
        self.stream.seek(0)
        return self.stream.read()

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes of the file in turn, without holding more than a piece."""
        self.stream.seek(0)
        yield from _pieces(self.stream)


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(PIECE):
        yield piece


AnyFile = SentFile | StoredFile | ReceivedFile


@dataclass(frozen=True, slots=True)
class SentFiles:
    """The table to train on, and those of dev and test if they are files of their own."""

    file: AnyFile
    dev_file: AnyFile | None = None
    test_file: AnyFile | None = None

    def by_field(self) -> dict[str, AnyFile]:
        """Return the files that were sent, by their fields, the training table first."""
        every = {"file": self.file, "dev_file": self.dev_file, "test_file": self.test_file}
        return {field: sent for field, sent in every.items() if sent is not None}


@dataclass(frozen=True, slots=True)
class UploadForm:
    """What the sender says: the name of the data set, and how the tables are to be read and cut.

    `split` is such as "0.7,0.15,0.15" (train, dev, test), `image` such as "8x8" or "8x8x3", or "none". From `separator`
    on, the fields say how files are written; what is None is found out. `missing` are the tokens of a missing cell.
    """

    name: str
    target: str | None = None
    task: str | None = None
    categorical: Sequence[str] = ()
    split: str | None = None
    split_seed: str | None = None
    image: str | None = None
    group: str | None = None
    order: str | None = None
    ignore: Sequence[str] = ()
    separator: str | None = None
    header: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    dates: str | None = None
    missing: Sequence[str] | None = None
    missing_target: str | None = None


def upload_hash(files: SentFiles, form: UploadForm) -> str:
    """Return the SHA-256, in hex, of all that decides what becomes of an upload, except its name.

    Fields that were left out do not count, so that a field added in a later version changes no earlier hash. Of the
    name of a file only its format counts.
    """
    said = {field.name: _canonical(getattr(form, field.name)) for field in fields(form) if field.name != "name"}
    sent = {field: [_format(one.name), _sha256(one)] for field, one in files.by_field().items()}
    whole = {"files": sent, "form": {name: value for name, value in said.items() if value != _LEFT_OUT[name]}}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def _sha256(sent: AnyFile) -> str:
    found = hashlib.sha256()
    for piece in sent.pieces():
        found.update(piece)
    return found.hexdigest()


def _canonical(value: Any) -> Any:
    """Return the value of a field; the order of columns and tokens says nothing."""
    return value if value is None or isinstance(value, str) else sorted(set(value))


_LEFT_OUT = {field.name: _canonical(field.default) for field in fields(UploadForm) if field.name != "name"}


def _format(name: str) -> str:
    path = PurePath(name.lower())
    return "".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix


READING = ("separator", "header", "encoding", "decimal", "thousands", "dates", "missing", "ignore")
"""The fields of a form that say how files are written."""

READING_OF_ROWS = ("separator", "header", "encoding", "ignore")
"""Those that apply to rows for a model, which keeps from training what a cell means."""


def read_reading(settings: Sequence[str], possible: Sequence[str] = READING) -> dict[str, Any]:
    """Return the `possible` fields of a form from words like "separator=tab"; ignore and missing may be repeated.

    Raises InvalidRequest with every fault.
    """
    fields_read: dict[str, Any] = {}
    faults = []
    for setting in settings:
        name, equals, value = setting.partition("=")
        if equals and name in READING and name not in possible:
            detail = f"The cells of rows for a model are read as in training, so {name} cannot be set. Leave it out."
            faults.append(Fault("/read", detail))
        elif not equals or name not in possible:
            rule = f"it must be a field and its value, such as separator=tab. The fields are: {', '.join(possible)}"
            faults.append(Fault("/read", f'The setting "{setting[:60]}" is not possible: {rule}.'))
        elif name in ("missing", "ignore"):
            fields_read.setdefault(name, []).append(value)
        else:
            fields_read[name] = value
    if faults:
        raise InvalidRequest(faults)
    return fields_read
