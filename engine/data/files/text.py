"""The bytes of a text file to its characters: unzipped, decoded and checked piece by piece, never as a whole."""

import codecs
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from gzip import BadGzipFile, GzipFile
from typing import BinaryIO, TextIO, cast

from engine.data.quoting import quoted
from engine.data.table import TableError, TableFault

_GZIP = b"\x1f\x8b"
_NO_TEXTS = {b"PK\x03\x04": "a zip archive, as NPZ files and spreadsheets are,", b"PAR1": "Parquet,"}
"""How files begin that are no text, and what they are."""
_PIECE = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is how this one begins
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MARKED = ("utf-16", "utf-32")
"""Encodings in which a mark tells the order of bytes."""

_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,40}")
_NO_FILES = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "mbcs", "oem"})
"""Text encodings of Python that no file has: of domain names, of program text, and whatever the machine has set."""


_SAY_ENCODING = 'Say the encoding, such as "cp1252", "latin-1" or "utf-16", or save as UTF-8.'


@dataclass(frozen=True, slots=True)
class Text:
    """A text that was read through once, so that opening it cannot fail; `encoding` is a name that Python knows."""

    content: bytes
    encoding: str

    def open(self) -> TextIO:
        """Return the characters from the start, line ends as they are."""
        return io.TextIOWrapper(_unzipped(self.content), self.encoding, newline="")


def read_text(content: bytes, max_bytes: int, encoding: str | None) -> Text:
    """Return the text of a file, plain or gzipped, in UTF-8, in what its mark says, or in `encoding`.

    Raises TableError for what is no text, and for more than `max_bytes` when unzipped, before all of it is unzipped.
    """
    if kind := next((kind for start, kind in _NO_TEXTS.items() if content.startswith(start)), None):
        raise TableError([f"The file is {kind} and no text. Save it as CSV."])
    try:
        mark = _mark(_unzipped(content).read(4))
        text = Text(content, _encoding(mark, encoding))
        _check(text, max_bytes)
    except (BadGzipFile, EOFError, zlib.error) as error:
        raise TableError([f"The gzip file is broken: {error}. Compress it again."]) from None
    except UnicodeError as error:  # some encodings give up on what they cannot even point at
        detail = f"The file is not {text.encoding.upper()}: {error}. {_SAY_ENCODING}"
        raise TableError([TableFault(detail, "encoding")]) from None
    return text


def _unzipped(content: bytes) -> BinaryIO:
    plain = io.BytesIO(content)
    return cast("BinaryIO", GzipFile(fileobj=plain)) if content.startswith(_GZIP) else plain


def _mark(start: bytes) -> str | None:
    return next((encoding for mark, encoding in _MARKS if start.startswith(mark)), None)


def _encoding(mark: str | None, said: str | None) -> str:
    """Return the encoding to decode with, from the mark at the start of the file and what was said."""
    if said is None:
        return mark or "utf-8"
    known = _codec_name(said)
    if known is None:
        rule = 'it must be a text encoding that Python knows, such as "utf-8", "latin-1", "cp1252" or "shift-jis"'
        raise TableError([TableFault(f"The encoding {quoted(said)} is not possible: {rule}.", "encoding")])
    if mark is None and known in _MARKED:
        detail = f"The encoding {quoted(said)} begins with a mark, and the file has none"
        raise TableError([TableFault(f"{detail}. Say {known}-le, or {known}-be if that fails.", "encoding")])
    if mark is None:
        return known
    family = mark.removesuffix("-sig")
    if not known.startswith(family):
        detail = f"The file begins with the mark of {family.upper()}, but the encoding said is {quoted(said)}."
        raise TableError([TableFault(f"{detail} Leave the encoding out.", "encoding")])
    return mark


def _codec_name(name: str) -> str | None:
    """Return the name that Python has for a text encoding, None if it knows none that a file may have."""
    if not _NAME.fullmatch(name):
        return None
    try:
        known = codecs.lookup(name).name
        "a".encode(known)  # refuses codecs that are none of text, such as rot13 and zip
    except (LookupError, UnicodeError):
        return None
    return None if known.replace("_", "-") in _NO_FILES else known


def _check(text: Text, max_bytes: int) -> None:
    """Read the text through once, and raise TableError at the first thing that keeps it from being one."""
    decoder, lines, empty = codecs.getincrementaldecoder(text.encoding)(), _Lines(), True
    for piece in _pieces(text.content, max_bytes):
        state = decoder.getstate()
        try:
            characters = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            lenient = codecs.getincrementaldecoder(text.encoding)("replace")
            lenient.setstate(state)
            lines.pass_over(lenient.decode(piece[: max(error.start - len(state[0]), 0)]))
            raise TableError([_undecodable(error, lines.number, text.encoding)]) from None
        if "\0" in characters:
            lines.pass_over(characters[: characters.index("\0")])
            raise TableError([_nul(lines.number)])
        lines.pass_over(characters)
        empty = empty and (not characters or characters.isspace())
    if empty:
        raise TableError(["The file is empty. It needs a header row with column names, and rows below it."])


class _Lines:
    """Counts lines, whichever of the three line ends a file has."""

    def __init__(self) -> None:
        self._feeds = self._returns = 0

    def pass_over(self, characters: str) -> None:
        self._feeds += characters.count("\n")
        self._returns += characters.count("\r")

    @property
    def number(self) -> int:
        return 1 + max(self._feeds, self._returns)


def _pieces(content: bytes, max_bytes: int) -> Iterator[bytes]:
    """Yield the unzipped bytes piece by piece, and an empty piece at the end."""
    stream, size = _unzipped(content), 0
    while piece := stream.read(_PIECE):
        size += len(piece)
        if size > max_bytes:
            way = "Leave out rows or columns, or have the limit of the server raised."
            raise TableError([f"The table has more than {max_bytes:,} bytes, the most that is allowed. {way}"])
        yield piece
    yield b""


def _undecodable(error: UnicodeDecodeError, line: int, encoding: str) -> TableFault:
    name = encoding.removesuffix("-sig").upper()
    byte = f"Line {line} holds the byte 0x{error.object[error.start]:02x}, which is not {name}"
    return TableFault(f"{byte}. {_SAY_ENCODING}", "encoding")


def _nul(line: int) -> TableFault:
    way = 'A CSV file is plain text: say the encoding, such as "utf-16-le", or save as UTF-8.'
    return TableFault(f"Line {line} holds a NUL character. {way}", "encoding")
