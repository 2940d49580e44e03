"""Tests of the columns that are kept: filled once, kept up, bounded in bytes."""

from collections.abc import Mapping, Sequence
from typing import final

import pytest

from app.domain.filters import Field, TrialQuery
from app.trial_columns.cache import MOST_CHANGED, ColumnCache
from app.trial_columns.sweep_columns import CHUNK, SweepColumns
from tests.app.trial_columns.rows import Rows, every_page

RATE, UNITS = Field("l2", "param"), Field("hidden_units", "param")


def numbers(count: int) -> Rows:
    return Rows([{RATE: -number, UNITS: [number % 3]} for number in range(count)])


def by(field: Field) -> TrialQuery:
    return TrialQuery(sort=field)


def test_a_column_is_filled_once_and_then_only_what_changed_is_read() -> None:
    rows, columns = numbers(100), SweepColumns()
    every_page(columns, rows, by(RATE), 50)
    every_page(columns, rows, by(RATE), 50)
    assert rows.values_read == 100
    rows.rows[7] = {RATE: 1.5}
    rows.rows += [{RATE: 2.5}, {RATE: 3.5}]
    columns.mark([7])
    assert every_page(columns, rows, by(RATE), 50)[-3:] == [7, 100, 101]
    assert rows.values_read == 103


@final
class Changing(Rows):
    """Trials of which one changes, is marked, and new ones come, while the second part of them is read."""

    def __init__(self, columns: SweepColumns) -> None:
        super().__init__([{RATE: 0.5}] * (CHUNK + 1))
        self._columns = columns

    def read(self, fields: Sequence[Field], numbers: Sequence[int]) -> Mapping[Field, str]:
        """Read, and change a trial that was read before."""
        if numbers[0] == CHUNK and len(self.rows) == CHUNK + 1:
            self.rows[3] = {RATE: -1}
            self.rows.append({RATE: -2})
            self._columns.mark([3, CHUNK + 1])
        return super().read(fields, numbers)


def test_what_changes_while_a_column_is_filled_is_read_again() -> None:
    columns = SweepColumns()
    rows = Changing(columns)
    assert every_page(columns, rows, by(RATE), CHUNK)[:3] == [CHUNK + 1, 3, 0]


@final
class Failing(Rows):
    """Trials that cannot be read the second time."""

    def __init__(self) -> None:
        super().__init__([{RATE: 1}, {RATE: 2}])
        self._reads = 0

    def read(self, fields: Sequence[Field], numbers: Sequence[int]) -> Mapping[Field, str]:
        """Raise OSError the second time."""
        self._reads += 1
        if self._reads == 2:
            raise OSError
        return super().read(fields, numbers)


def test_what_could_not_be_read_is_read_the_next_time() -> None:
    rows, columns = Failing(), SweepColumns()
    assert every_page(columns, rows, by(RATE), 9) == [0, 1]
    rows.rows[0] = {RATE: 3}
    columns.mark([0])
    with pytest.raises(OSError):  # noqa: PT011 - it has no text
        every_page(columns, rows, by(RATE), 9)
    assert every_page(columns, rows, by(RATE), 9) == [1, 0]


def test_the_columns_that_were_not_used_for_longest_go() -> None:
    rows = numbers(1000)
    cache = ColumnCache(most_bytes=20_000)
    for sweep in ("swp_1", "swp_2", "swp_3", "swp_1"):
        with cache.using(sweep, [RATE]) as columns:
            every_page(columns, rows, by(RATE), 500)
    assert cache.nbytes <= 20_000
    assert rows.values_read == 4000  # the first one's had gone
    with cache.using("swp_3", [RATE]) as columns:
        every_page(columns, rows, by(RATE), 500)
    assert rows.values_read == 4000


def test_columns_in_use_stay_beyond_the_bound() -> None:
    rows, cache = numbers(1000), ColumnCache(most_bytes=1000)
    with cache.using("swp_1", [RATE]) as columns:
        columns.fill([RATE], rows)
        with cache.using("swp_1", [UNITS]) as same:
            assert same is columns
            columns.fill([UNITS], rows)
        assert list(columns.nbytes) == [RATE]
    assert cache.nbytes == 0


def test_nothing_is_kept_of_a_sweep_that_was_forgotten() -> None:
    rows, cache = numbers(10), ColumnCache()
    with cache.using("swp_1", [RATE]) as columns:
        every_page(columns, rows, by(RATE), 5)
        cache.forget("swp_1")
        assert every_page(columns, rows, by(RATE), 5) == list(range(10))[::-1]
    assert cache.nbytes == 0
    assert not cache._last_used
    assert not cache._users


def test_columns_of_which_too_many_trials_changed_are_filled_anew() -> None:
    rows, cache = numbers(10), ColumnCache()
    with cache.using("swp_1", [RATE]) as columns:
        every_page(columns, rows, by(RATE), 5)
    cache.mark("swp_1", range(MOST_CHANGED))
    assert cache.nbytes > 0
    cache.mark("swp_1", [MOST_CHANGED])
    assert cache.nbytes == 0
    cache.mark("swp_2", [1])
