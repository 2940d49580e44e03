"""Tests of how dates are found out: ISO, an order that a cell proves, and what is asked for."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.columns.date_guess import guess_dates
from engine.data.columns.doubt import Doubt
from engine.data.formats.dates import DateFormat, Order

EPOCH = date(1970, 1, 1)


def guessed(*words: str, order: Order | None = None) -> DateFormat | Doubt | None:
    return guess_dates(words, [1] * len(words), order)


@pytest.mark.parametrize(
    ("words", "days"),
    [
        (["1970-01-01", "1969-12-31", "2020-05-13"], [0, -1, 18395]),
        (["2020/05/13", "2020.05.13", "2020-5-3"], [18395, 18395, 18385]),
        (["2020-05-13T12:00:00Z", "2020-05-13 18:00"], [18395.5, 18395.75]),
        (["2020-05-13T01:00:00+02:00", "2020-05-13 00:00:00 -0600"], [18394 + 23 / 24, 18395.25]),
        (["13/05/2020", "01/02/2020"], [18395, 18293]),
        (["05/13/2020", "1/2/2020"], [18395, 18263]),
        (["5/13/2020 10:30 PM", "5/13/2020 12:00 AM"], [18395 + 22.5 / 24, 18395]),
        (["13.05.2020", "1.2.2020"], [18395, 18293]),
        (["13-05-2020"], [18395]),
        (["12 May 2020", "May 5, 2020", "13-Sep-2020", "3 February 1970"], [18394, 18387, 18518, 33]),
        (["5/5/2020"], [18387]),
        (["2020-05-13", "13/05/2020"], [18395, 18395]),
    ],
)
def test_dates_are_days_since_1970(words: list[str], days: list[float]) -> None:
    found = guessed(*words)
    assert isinstance(found, DateFormat)
    assert found.read(words) == pytest.approx(days, abs=1e-9)
    assert found.times == any(day % 1 for day in days)


@pytest.mark.parametrize(
    "words",
    [["01/02/2020"], ["01/02/2020", "12/12/1999"], ["01.02.2020"], ["13/05/20"], ["12.05.20"], ["1/2/99"]],
)
def test_an_order_that_no_cell_proves_and_a_year_of_two_digits_are_asked_for(words: list[str]) -> None:
    found = guessed(*words)
    assert isinstance(found, Doubt)
    assert found.about == "dates"


@pytest.mark.parametrize(
    "words",
    [
        ["10-19"],
        ["4.1.2"],
        ["1.10.3"],
        ["May-20"],
        ["2020-05"],
        ["12:30"],
        ["0000-00-00"],
        ["2020-13-13"],
        ["123-45-6789"],
        ["May"],
        ["2020-05-13x"],
        ["2020-05-13 25:00"],
        ["2020-05-13 10:30 +99:00"],
        ["5/13/2020 13:30 PM"],
    ],
)
def test_what_is_not_clearly_a_date_is_none(words: list[str]) -> None:
    assert guessed(*words) is None


def test_the_order_that_was_said_decides() -> None:
    assert DateFormat("dmy").read(["01/02/2020", "13/05/20", "13/05/70"]) == [18293, 18395, 132]
    for order, day in (("dmy", 18293), ("mdy", 18263)):
        found = guessed("01/02/2020", order=order)  # type: ignore[arg-type]  # a literal each
        assert isinstance(found, DateFormat)
        assert found.read(["01/02/2020"]) == [day]


def test_a_date_that_is_none_in_the_order_of_the_others_is_none() -> None:
    found = guessed("13/05/2020", "31/02/2020", "14/05/2020")
    assert found == DateFormat("dmy")
    assert DateFormat("dmy").read(["31/02/2020", "05/13/2020"]) == [None, None]


WRITTEN: dict[Order, str] = {"ymd": "%Y-%m-%d", "dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y"}


@given(st.lists(st.dates(date(1000, 1, 1)), unique=True), st.sampled_from(["ymd", "dmy", "mdy"]))
def test_dates_in_any_order_that_one_proves_come_back(days: list[date], order: Order) -> None:
    days = [*dict.fromkeys([*days, date(1999, 12, 31)])]
    words = [day.strftime(WRITTEN[order]) for day in days]
    found = guessed(*words)
    assert isinstance(found, DateFormat)
    assert found.read(words) == [(day - EPOCH).days for day in days]


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),  # the zone is drawn beside it
    st.integers(-12 * 60, 14 * 60),
)
def test_moments_with_an_offset_come_back_in_utc(moment: datetime, minutes: int) -> None:
    there = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    (read,) = DateFormat("ymd").read([there.isoformat()])
    assert read is not None
    expected = (there - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(days=1)
    assert read == pytest.approx(expected, abs=1e-9)
