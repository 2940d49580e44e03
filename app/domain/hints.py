"""What to say of a name that is not known."""

from collections.abc import Collection
from difflib import get_close_matches
from itertools import islice

from app.domain.errors import show

_LONGEST, _MOST_COMPARED, _MOST_LISTED = 64, 200, 30


def hint(name: str, known: Collection[str]) -> str:
    """Return "Did you mean ...?" for a close match of `name`, or else what is known.

    Capital letters make no difference. Names longer than any of ours are not compared, and no more than the first few
    hundred of what is known.
    """
    compared = {other.casefold(): other for other in islice(known, _MOST_COMPARED)}
    close = get_close_matches(name.casefold(), compared, n=1) if len(name) <= _LONGEST else []
    if close:
        return f"Did you mean {show(compared[close[0]])}?"
    if not known:
        return "There are none."
    listed = ", ".join(show(other)[1:-1] for other in islice(known, _MOST_LISTED))
    more = len(known) - _MOST_LISTED
    return f"Known are {listed} and {more:,} more." if more > 0 else f"Known are {listed}."
