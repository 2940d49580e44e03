"""Texts of others where people read them: nothing in them steers a terminal, begins a line or turns its letters round.

A name may hold what clears a screen, sets its title or fills its clipboard. Data are kept and sent as they came; only
what is shown is changed.
"""

import re

_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters of both kinds, ends of lines, and what changes the direction of all that follows."""


def visible(text: str) -> str:
    """Return a text with such characters written as Python writes them, say \\x1b."""
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def visible_json(text: str) -> str:
    """Return JSON with such characters written as JSON writes them: it means the same, and keeps its lines."""
    return _STEERING.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text)
