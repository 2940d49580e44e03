"""What others may send: texts, bytes and values of JSON that nobody vouches for, many of them nearly sound."""

import copy
import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

NASTY = (
    "", " ", "\0", "\ud800", "\ufeff", "\u2028", "\x1b[31m", "'; --", "..", "../../etc/passwd", "%00", "NaN",
    "-Infinity", "1e999", "-0", "9" * 400, "9" * 5_000, "1e-400", "[" * 2_000, "{" * 2_000, '{"a":' * 2_000,
    "[" * 60 + "]" * 60, "(" * 5_000, "x" * 3_000, "\n" * 3_000, " " * 3_000, "é" * 3_000, "_" * 500, "null", "true",
    "[]", "{}", '"\\ud800"', "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30", "--", "-", "=",
    "&*a", "\u0661\u0662",
)  # fmt: skip

texts = st.text(max_size=40) | st.sampled_from(NASTY)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    texts,
    st.sampled_from([0, 1, -1, 2**63, 10**400]),
)

trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)


@st.composite
def edited(draw: st.DrawFn, sound: Sequence[bytes]) -> bytes:
    """A file with bytes replaced, cut out, repeated, put in, or the rest left off."""
    content = draw(st.sampled_from(sound))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(content)))
        stop = draw(st.integers(start, min(start + 40, len(content))) | st.just(start) | st.just(len(content)))
        put = draw(st.binary(max_size=12) | st.just(content[start:stop] * 2) | st.sampled_from(_BYTES))
        content = content[:start] + put + content[stop:]
    return content


Changes = tuple[list[tuple[float, bytes]], float]
"""What becomes of a file that is too long to be shown: bytes at some shares of its length, and the share that stays."""

changes = st.tuples(
    st.lists(st.tuples(st.floats(0.0, 1.0) | st.floats(0.0, 0.001), st.binary(min_size=1, max_size=8)), max_size=4),
    st.just(1.0) | st.floats(0.0, 1.0),
)


def changed(content: bytes, how: Changes) -> bytes:
    """Return a file with those changes."""
    made = bytearray(content)
    for share, put in how[0]:
        start = int(share * len(made))
        made[start : start + len(put)] = put
    return bytes(made[: int(how[1] * len(made))])


_BYTES = (
    b"\0" * 8,
    b"\xff" * 8,
    b"\xff\xff\xff\x7f",
    b"\x00\x00\x00\x80",
    b"[" * 400,
    b"9" * 400,
    b"1e999",
    b'"',
    b"{}",
)


def any_bytes(*sound: bytes) -> SearchStrategy[bytes]:
    """Files of which some are nearly sound."""
    return (
        edited(sound)
        | edited(sound)
        | st.binary(max_size=200)
        | texts.map(lambda text: text.encode("utf-8", "surrogatepass"))
    )


def any_text(*sound: str) -> SearchStrategy[str]:
    """Texts of which some are nearly sound."""
    near = edited([one.encode() for one in sound]).map(lambda raw: raw.decode("utf-8", "replace"))
    return near | near | texts


@st.composite
def changed_json(draw: st.DrawFn, sound: Sequence[Any]) -> Any:
    """A sound value of JSON with up to three of its parts replaced, left out or under another name."""
    value = copy.deepcopy(draw(st.sampled_from(sound)))
    for _ in range(draw(st.integers(0, 3))):
        value = _changed(draw, value)
    return value


def _changed(draw: st.DrawFn, value: Any) -> Any:
    if not isinstance(value, dict | list) or not value or draw(st.integers(0, 5)) == 0:
        return draw(trees)
    place = draw(st.sampled_from(list(value) if isinstance(value, dict) else list(range(len(value)))))
    what = draw(st.sampled_from(["within", "within", "within", "without", "other"]))
    if what == "within":
        value[place] = _changed(draw, value[place])
    elif what == "without":
        del value[place]
    elif isinstance(value, dict):
        value[draw(texts)] = value[place]
    else:
        value += [value[place]] * draw(st.sampled_from([1, 100]))
    return value


def any_json(*sound: Any) -> SearchStrategy[Any]:
    """Values of JSON of which most are nearly sound."""
    return changed_json(sound) | changed_json(sound) | trees


def any_json_bytes(*sound: Any) -> SearchStrategy[bytes]:
    """Texts of JSON, or nearly, of which most are nearly sound."""
    return any_json(*sound).map(lambda value: json.dumps(value).encode()) | any_bytes(
        *(json.dumps(one).encode() for one in sound)
    )
