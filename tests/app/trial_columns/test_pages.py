"""Tests of pages by columns: they are those of a plain scan, whatever the values are and while trials change."""

from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.filters import Condition, Field, Operator, Position, TrialQuery
from app.domain.states import TrialState
from app.domain.values import Value
from app.trial_columns.sweep_columns import SweepColumns
from tests.app.trial_columns.plain_scan import Row, compare, scan
from tests.app.trial_columns.rows import Rows, every_page, next_page

NUMBER, STATE, END = Field("number"), Field("state"), Field("finished_at")
ERROR, RATE, UNITS = Field("dev_error", "metric"), Field("l2", "param"), Field("hidden_units", "param")

whole = st.integers(-3, 3) | st.sampled_from([2**53, 2**53 + 1, -(2**62), 2**63 - 1])
numbers = whole | st.sampled_from([0.0, -0.0, 0.1, 1.0, 2.5, 5e-324, float(2**53), 1e300, -1e300])
texts = st.sampled_from(["adam", "Adam", "sgd", "", "a", "a!", "é", '"', "\\", "[64]", "null", ",\n"])
plain = st.booleans() | numbers | texts
nested = st.lists(st.none() | plain, max_size=3) | st.dictionaries(st.sampled_from(["flip", "tilt"]), plain)
anything = st.none() | plain | nested
times = st.none() | st.builds("2026-0{}-01T00:00:00.{:06}Z".format, st.integers(1, 3), st.integers(0, 2))
parts_of_times = times | st.sampled_from(["2026-02", "2026-02-01T00:00:00Z", "9", "", "2026-02-01T00:00:00.000001Z "])
rows = st.fixed_dictionaries(
    {STATE: st.sampled_from(sorted(TrialState)), END: times, ERROR: st.none() | numbers},
    optional={RATE: st.none() | numbers, UNITS: anything},
)
fields = st.sampled_from([NUMBER, STATE, END, ERROR, RATE, UNITS])


def meant(field: Field) -> st.SearchStrategy[Condition]:
    """Return conditions on a field, with values that the language of queries lets through."""
    values = {STATE: st.sampled_from(sorted(TrialState)), END: parts_of_times, ERROR: numbers, NUMBER: numbers}
    value, comparing = values.get(field, plain | nested), [one for one in get_args(Operator) if one != "in"]
    known = st.builds(Condition, st.just(field), st.sampled_from(comparing), value)
    several = st.builds(Condition, st.just(field), st.just("in"), st.lists(st.none() | value, min_size=1, max_size=3))
    return known | several | st.builds(Condition, st.just(field), st.sampled_from(["=", "!="]), st.none())


queries = st.builds(
    TrialQuery,
    states=st.just(()) | st.lists(st.sampled_from(TrialState), max_size=3).map(tuple),
    conditions=st.lists(fields.flatmap(meant), max_size=2).map(tuple),
    sort=fields,
    descending=st.booleans(),
)


@settings(max_examples=150)
@given(st.lists(rows, max_size=12), queries, st.integers(1, 5))
def test_pages_are_those_of_a_plain_scan(found: list[Row], query: TrialQuery, limit: int) -> None:
    assert every_page(SweepColumns(), Rows(found), query, limit) == scan(found, query)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 8), rows), max_size=30), st.lists(queries, min_size=1, max_size=4))
def test_columns_follow_trials_that_come_and_change(changes: list[tuple[int, Row]], asked: list[TrialQuery]) -> None:
    columns, source = SweepColumns(), Rows([])
    for turn, (number, row) in enumerate(changes):
        if number < len(source.rows):
            source.rows[number] = dict(row)
            columns.mark([number])
        else:
            source.rows.append(dict(row))
        query = asked[turn % len(asked)]
        assert every_page(columns, source, query, 3) == scan(source.rows, query)


@settings(max_examples=60)
@given(st.lists(rows, min_size=4, max_size=12), queries, st.lists(rows, min_size=1, max_size=4), st.data())
def test_a_cursor_stays_at_its_place_while_trials_finish(
    found: list[Row], query: TrialQuery, later: list[Row], data: st.DataObject
) -> None:
    columns, source = SweepColumns(), Rows(found)
    first = next_page(columns, source, query, None, 2, {})
    if not first:
        return
    last = dict(source.rows[first[-1].number]) | {NUMBER: first[-1].number}
    for row in later:
        number = data.draw(st.integers(0, len(found) - 1))
        source.rows[number] = dict(row)
        columns.mark([number])
    rest: list[int] = []
    after = first[-1]
    while places := next_page(columns, source, query, after, 3, {}):
        rest += [place.number for place in places]
        after = places[-1]
    behind = [number for number in scan(source.rows, query) if _behind(source.rows[number], number, last, query)]
    assert rest == behind


def _behind(row: Row, number: int, last: Row, query: TrialQuery) -> bool:
    """Return whether a trial comes after the place of another, as that one was."""
    mine: Value = number if query.sort == NUMBER else row.get(query.sort)
    its: Value = last[NUMBER] if query.sort == NUMBER else last.get(query.sort)
    there = last[NUMBER]
    assert isinstance(there, int)
    if mine is None or its is None:
        return mine is None and (its is not None or number > there)
    order = compare(its, mine) if query.descending else compare(mine, its)
    return order > 0 or (order == 0 and number > there)


@settings(max_examples=40)
@given(st.lists(rows, max_size=6), anything, queries)
def test_what_all_trials_share_is_listed_as_if_each_had_it(found: list[Row], value: Value, query: TrialQuery) -> None:
    each = [{**row, UNITS: value} for row in found]
    assert every_page(SweepColumns(), Rows(found), query, 2, {"hidden_units": value}) == scan(each, query)


def test_a_cursor_of_numbers_goes_on_where_texts_have_come() -> None:
    source, columns = Rows([{UNITS: 1}, {UNITS: 3}]), SweepColumns()
    (first,) = next_page(columns, source, TrialQuery(sort=UNITS), None, 1, {})
    source.rows += [{UNITS: "full"}, {UNITS: 2}]
    found = next_page(columns, source, TrialQuery(sort=UNITS), first, 9, {})
    assert [place.number for place in found] == [3, 1, 2]


def test_a_mark_that_no_column_gave_is_answered() -> None:
    source = Rows([{RATE: 0.5, UNITS: [1]}])
    for sort in (RATE, UNITS, NUMBER):
        for mark in ("", "9", 7, 2**63 - 1, None):
            assert len(next_page(SweepColumns(), source, TrialQuery(sort=sort), Position(mark, 9), 5, {})) <= 1
