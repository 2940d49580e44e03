"""The drift check: do train, dev and test look as if they came from the same source, column by column?"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.data.parts.homogeneity import Comparison, compare_counts, kolmogorov_smirnov
from engine.data.quoting import quoted
from engine.data.table import Column, NumericColumn, take_rows

Pair = tuple[str, str]
Statistic = Literal["kolmogorov_smirnov", "total_variation", "missing_share"]

PAIRS: tuple[Pair, ...] = (("train", "dev"), ("dev", "test"), ("train", "test"))
FALSE_ALARMS = 0.01
"""How often the whole check may warn of a table that was split at random."""
LEAST_DISTANCE: Mapping[Statistic, float] = {
    "kolmogorov_smirnov": 0.1,
    "total_variation": 0.1,
    "missing_share": 0.05,
}
"""Smaller distances are not warned of, however sure they are in a large table."""

_MOST_ROWS = 5000  # enough to be sure of the least distances
_MOST_COLUMNS = 10
_MOST_NAMED = 3
_WORDS: Mapping[Statistic, str] = {
    "kolmogorov_smirnov": "Kolmogorov-Smirnov distance",
    "total_variation": "total variation distance",
    "missing_share": "difference in the share of missing cells",
}
_ADVICE: Mapping[Pair, str] = {
    ("train", "dev"): "What is learned from train may not hold for dev: take both from one source, or shuffle.",
    ("dev", "test"): "What is best for dev may not be for test: take both from one source.",
    ("train", "test"): "What is learned from train may not hold for test: take both from one source, or shuffle.",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """How one column differs between two parts; `value` is the distance, between 0 and 1."""

    column: str
    parts: Pair
    statistic: Statistic
    value: float
    p_value: float

    def card(self) -> dict[str, Any]:
        """Return the difference as plain JSON, rounded, since the last digits depend on the processor."""
        return {
            "column": self.column,
            "parts": list(self.parts),
            "statistic": self.statistic,
            "value": float(f"{self.value:.4g}"),
            "p_value": float(f"{self.p_value:.4g}"),
        }


def drift(parts: Mapping[str, Sequence[Column]]) -> dict[str, Any]:
    """Return the warnings, one for each pair of parts, and the worst columns, as plain JSON.

    `parts` gives the columns of train, dev and test before encoding, the target among them. A column is warned of if
    its distance is at least LEAST_DISTANCE and its p-value, times the number of all tests (Bonferroni), is at most
    FALSE_ALARMS. The worst columns are shown whether warned of or not, each by its worst difference.
    """
    found = sorted(differences(parts), key=lambda one: (one.p_value, -one.value))
    drifted = [
        one for one in found if one.value >= LEAST_DISTANCE[one.statistic] and one.p_value * len(found) <= FALSE_ALARMS
    ]
    columns = len(parts["train"])
    warnings = [_warning(pair, some, columns) for pair in PAIRS if (some := _of_pair(drifted, pair))]
    worst = list(_first_of_each(drifted + found).values())[:_MOST_COLUMNS]
    return {"warnings": warnings, "columns": [one.card() for one in worst]}


def differences(parts: Mapping[str, Sequence[Column]]) -> Iterator[Difference]:
    """Yield each test that can be made: of the values, and for numbers of which cells are missing."""
    sample = {part: _sample(columns) for part, columns in parts.items()}
    for pair in PAIRS:
        for one, other in zip(*(sample[part] for part in pair), strict=True):
            for statistic, comparison in _compare(one, other):
                yield Difference(one.name, pair, statistic, comparison.distance, comparison.p_value)


def _sample(columns: Sequence[Column]) -> list[Column]:
    """Return the columns with at most 5,000 rows, always the same."""
    rows = len(columns[0].values)
    if rows <= _MOST_ROWS:
        return list(columns)
    chosen = np.random.Generator(np.random.PCG64(0)).choice(rows, _MOST_ROWS, replace=False)
    return [take_rows(column, chosen) for column in columns]


def _compare(one: Column, other: Column) -> Iterator[tuple[Statistic, Comparison]]:
    if not len(one.values) or not len(other.values):
        return
    if not isinstance(one, NumericColumn) or not isinstance(other, NumericColumn):
        yield "total_variation", compare_counts(_counts(one.values, other.values))
        return
    missing = [column.missing for column in (one, other)]
    present = [column.values[~gone] for column, gone in zip((one, other), missing, strict=True)]
    if len(present[0]) and len(present[1]):
        yield "kolmogorov_smirnov", kolmogorov_smirnov(present[0], present[1])
    if missing[0].any() or missing[1].any():
        yield "missing_share", compare_counts(np.array([[gone.sum(), (~gone).sum()] for gone in missing]))


def _counts(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.int64]:
    """Return how often each category is in each sample, (2, categories); a missing cell is a category as well."""
    counters = [Counter(values) for values in (one, other)]
    return np.array([[counter[word] for word in counters[0] | counters[1]] for counter in counters])


def _of_pair(differences: Sequence[Difference], pair: Pair) -> list[Difference]:
    return list(_first_of_each([one for one in differences if one.parts == pair]).values())


def _first_of_each(differences: Sequence[Difference]) -> dict[str, Difference]:
    """Return the first difference of each column."""
    first: dict[str, Difference] = {}
    for one in differences:
        first.setdefault(one.column, one)
    return first


def _warning(pair: Pair, drifted: Sequence[Difference], columns: int) -> str:
    named = "; ".join(
        f"{quoted(one.column)} ({_WORDS[one.statistic]} {one.value:.2g}, p = {one.p_value:.1g})"
        for one in drifted[:_MOST_NAMED]
    )
    more = f"; and {len(drifted) - _MOST_NAMED:,} more" if len(drifted) > _MOST_NAMED else ""
    differ = f"The distributions of {pair[0]} and {pair[1]} differ in {len(drifted):,} of {columns:,} columns"
    return f"{differ}: {named}{more}. {_ADVICE[pair]}"
