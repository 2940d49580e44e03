"""Texts of others as they are shown."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.texts import visible, visible_json
from logsweep.visible import visible as visible_of_client

HOSTILE = "a\x1b]0;title\x07\x9b2J\r\n\u202eb\u2066\x7f"


@given(st.text())
def test_nothing_that_is_shown_steers_a_terminal(text: str) -> None:
    shown = visible(text)
    assert not any(unicodedata.category(one) in {"Cc", "Zl", "Zp"} for one in shown)
    assert not any(unicodedata.bidirectional(one) in {"LRE", "RLE", "LRO", "RLO", "PDF"} for one in shown)
    assert visible(shown) == shown == visible_of_client(text)


def test_what_was_there_can_still_be_read() -> None:
    assert visible(HOSTILE) == r"a\x1b]0;title\x07\x9b2J\r\n\u202eb\u2066\x7f"


@pytest.mark.parametrize("text", ["", "Größe, 大きさ, גודל", "\u200f\u05d0", r"C:\new", "🙂"])
def test_a_plain_text_is_shown_as_it_is(text: str) -> None:
    assert visible(text) == text


@given(st.recursive(st.text(), lambda inner: st.dictionaries(st.text(), inner) | st.lists(inner)))
def test_json_that_is_shown_means_the_same(value: object) -> None:
    shown = visible_json(json.dumps(value, ensure_ascii=False, indent=2))
    assert json.loads(shown) == value
    assert visible(shown.replace("\n", "")) == shown.replace("\n", "")
