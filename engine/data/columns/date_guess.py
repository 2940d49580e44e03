"""In which order a column writes its dates, found out from its different words: what no cell proves is a doubt."""

from collections.abc import Mapping, Sequence

from engine.data.columns.doubt import Doubt
from engine.data.formats.dates import ORDERS, DateFormat, Order, Written, days, iso_days, written
from engine.data.quoting import quoted


def guess_dates(words: Sequence[str], counts: Sequence[int], order: Order | None = None) -> DateFormat | Doubt | None:
    """Return how the dates of a column are written, None if fewer than half of its cells are dates.

    `counts` tells how many cells hold each word. The order that was said holds for dates without a year of four
    digits at the front.
    """
    clear = {word: number for word in words if (number := iso_days(word)) is not None}
    found = {word: one for word in words if word not in clear and (one := written(word))}
    count_of = dict(zip(words, counts, strict=True))
    open_ones = {word: one for word, one in found.items() if not one.known}
    chosen = (order or "ymd") if not open_ones else order or _proven(open_ones, count_of)
    if isinstance(chosen, Doubt) and 2 * sum(count_of[word] for word in (*clear, *found)) < sum(counts):
        return None
    if not isinstance(chosen, str):
        return chosen
    dated = {**clear, **{word: number for word, one in found.items() if (number := days(one, chosen)) is not None}}
    if 2 * sum(count_of[word] for word in dated) < sum(counts):
        return None
    return DateFormat(chosen, times=any(number % 1.0 for number in dated.values()))


def _proven(found: Mapping[str, Written], counts: Mapping[str, int]) -> Order | Doubt | None:
    """Return the order in which most are dates, None if there is none."""
    orders = [one for one in ORDERS if one != "ymd" or any(date.has_two_digits for date in found.values())]
    weight = {
        order: sum(counts[word] for word, one in found.items() if days(one, order) is not None) for order in orders
    }
    best = [order for order, count in weight.items() if count == max(weight.values()) > 0]
    if not best:
        return None
    word = next(word for word, one in found.items() if days(one, best[0]) is not None)
    if any(date.has_two_digits for date in found.values()):
        reads = f"has dates with years of two digits, such as {quoted(word)}"
        return Doubt("dates", f"{reads}. Send dates=dmy, mdy or ymd to have them read as 1969 to 2068, {_WAY}.")
    if len(best) > 1 and any(days(one, best[0]) != days(one, best[1]) for one in found.values()):
        reads = f"has dates such as {quoted(word)}, and no cell tells whether the day or the month comes first"
        return Doubt("dates", f"{reads}. Send dates=dmy or dates=mdy, {_WAY}.")
    return best[0]


_WAY = "or name the column in categorical if it holds no dates"
