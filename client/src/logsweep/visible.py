"""Texts of others on a terminal: nothing in them steers it, begins a line or turns its letters round."""

import re

_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """Return a text with such characters written as Python writes them, say \\x1b."""
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
