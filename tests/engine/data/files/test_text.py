"""Tests of encodings: what decodes a file, by its mark, by what is said, and what is refused with its place."""

import codecs
import gzip

import pytest

from engine.data import TableError
from engine.data.files.text import Text, read_text
from engine.data.table import TableFault

LIMIT = 1 << 24
WORDS = "name,y\nkäse,1\nœuf,2\n"
MARKED = {
    "utf-8-sig": WORDS.encode("utf-8-sig"),
    "utf-16 from the little end": codecs.BOM_UTF16_LE + WORDS.encode("utf-16-le"),
    "utf-16 from the big end": codecs.BOM_UTF16_BE + WORDS.encode("utf-16-be"),
    "utf-32": codecs.BOM_UTF32_LE + WORDS.encode("utf-32-le"),
}


def read(content: bytes, encoding: str | None = None) -> str:
    with read_text(content, LIMIT, encoding).open() as text:
        return text.read()


def fault_of(content: bytes, encoding: str | None = None) -> TableFault:
    with pytest.raises(TableError) as caught:
        read_text(content, LIMIT, encoding)
    (fault,) = caught.value.faults
    return fault


@pytest.mark.parametrize("content", MARKED.values(), ids=MARKED.keys())
def test_a_mark_tells_the_encoding_gzipped_or_not(content: bytes) -> None:
    assert read(content) == WORDS
    assert read(gzip.compress(content)) == WORDS


def test_what_a_decoder_gives_up_on_is_a_fault_as_well() -> None:
    fault = fault_of(b"\x1b()\x0eabba$", "iso2022-kr")
    assert fault.about == "encoding"
    assert fault.detail.startswith("The file is not ISO2022_KR: pending buffer overflow. Say the encoding")


@pytest.mark.parametrize("encoding", ["utf-16", "U32"])
def test_an_encoding_that_needs_a_mark_is_refused_without_one(encoding: str) -> None:
    for content in (WORDS.encode("utf-16-le"), b"\x00\xdc\x00\xdcab"):
        fault = fault_of(content, encoding)
        assert fault.about == "encoding"
        assert fault.detail.startswith(f'The encoding "{encoding}" begins with a mark, and the file has none. Say utf-')


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "utf-16-le", "cp1252", "iso-8859-15", "mac-roman"])
def test_an_encoding_may_be_said(encoding: str) -> None:
    assert read(WORDS.encode(encoding), encoding) == WORDS


def test_japanese_text_is_read_too_and_a_mark_agrees_with_what_is_said() -> None:
    assert read("名,y\n東京,1\n".encode("shift-jis"), "shift-jis") == "名,y\n東京,1\n"
    assert read(WORDS.encode("utf-8-sig"), "utf-8") == WORDS
    assert read(codecs.BOM_UTF16_LE + WORDS.encode("utf-16-le"), "utf-16-le") == WORDS


def test_a_mark_that_contradicts_what_is_said_is_asked_about() -> None:
    fault = fault_of(WORDS.encode("utf-8-sig"), "latin-1")
    assert fault.about == "encoding"
    assert fault.detail.startswith("The file begins with the mark of UTF-8, but the encoding said is")


@pytest.mark.parametrize(
    "name",
    ["rot13", "zip", "bz2", "base64", "hex", "idna", "punycode", "unicode_escape", "undefined", "x", "a\0b", "é"],
)
def test_what_is_no_encoding_of_files_is_refused(name: str) -> None:
    fault = fault_of(b"a,b\n1,2\n", name)
    assert (fault.about, "it must be a text encoding that Python knows" in fault.detail) == ("encoding", True)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("before", [0, 400_000])
def test_a_byte_that_is_not_utf8_is_named_with_its_line_however_far_down(end: str, before: int) -> None:
    content = (f"a,b{end}" + f"1,2{end}" * before).encode() + b"k\xe4se,1\n"
    fault = fault_of(content)
    assert fault.about == "encoding"
    assert fault.detail.startswith(f"Line {before + 2} holds the byte 0xe4, which is not UTF-8. Say the encoding")


def test_a_byte_that_is_not_in_the_encoding_said_is_named_too() -> None:
    assert fault_of(b"a,b\n1,\x81\n", "cp1252").detail.startswith("Line 2 holds the byte 0x81, which is not CP1252.")
    assert fault_of("a\n1\n".encode("utf-16")[:-1]).detail.startswith(
        "Line 2 holds the byte 0x0a, which is not UTF-16."
    )


def test_utf_16_without_its_mark_is_told_from_text_by_its_nul_characters() -> None:
    fault = fault_of(WORDS.replace("œ", "o").encode("utf-16-le"))
    assert fault.about == "encoding"


def test_a_text_opens_again_from_its_start() -> None:
    text = Text(gzip.compress(b"a\r\nb"), "utf-8")
    assert [text.open().read(), text.open().read()] == ["a\r\nb", "a\r\nb"]
