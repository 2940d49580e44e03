"""Tests of the columns by which a training table is cut."""

from typing import Any

import numpy as np
import pytest

from engine.data import Cut, Dataset, Table, TableError, Tables, prepare, read_csv
from engine.data.said import Said

SPLIT = (0.7, 0.15, 0.15)


def read(text: str) -> Table:
    return read_csv(text.encode(), max_bytes=1 << 20, said=Said(group="patient"))


def visits(patients: int, name: str = "patient") -> Table:
    """A table with three visits of each patient."""
    rows = [f"p{row // 3},{row * 7 % 11},{'ab'[row // 3 % 2]}" for row in range(3 * patients)]
    return read(f"{name},n,y\n" + "\n".join(rows))


def days(rows: int, dates: bool = False) -> Table:
    """A table with a row for each day, in no order."""
    shown = [f"2024-{day // 28 + 1:02}-{day % 28 + 1:02}" if dates else f"{day}" for day in range(rows)]
    mixed = sorted(range(rows), key=lambda day: day * 37 % 101)
    return read("day,n,y\n" + "".join(f"{shown[day]},{day * 7 % 11},{'ab'[day % 2]}\n" for day in mixed))


def faults_of(tables: Table | Tables, cut: Cut, target: str = "y") -> list[tuple[str, str]]:
    with pytest.raises(TableError) as caught:
        prepare(tables, target=target, cut=cut)
    return [(fault.about, fault.detail) for fault in caught.value.faults]


def notes_of(dataset: Dataset) -> list[dict[str, Any]]:
    """The notes on the cut: rows of so few different inputs are noted as copies as well."""
    return [note for note in dataset.card["notes"] if note["code"] != "copied_rows"]


def inputs(dataset: Dataset) -> list[str]:
    return [column["name"] for column in dataset.card["columns"]]


def test_a_group_stays_in_one_part_and_its_column_is_no_input() -> None:
    dataset = prepare(visits(60), target="y", cut=Cut(group="patient"))
    assert inputs(dataset) == ["n"]
    assert dataset.card["split"]["group"] == "patient"
    rows = dataset.card["split"]["rows"]
    assert all(
        count % 3 == 0 and abs(count - share * 180) <= 3 for count, share in zip(rows.values(), SPLIT, strict=True)
    )
    assert notes_of(dataset) == []


@pytest.mark.parametrize("dates", [False, True])
def test_the_last_rows_are_test_and_the_order_is_no_input(dates: bool) -> None:
    table = days(100, dates)
    dataset = prepare(table, target="y", cut=Cut(order="day"))
    assert inputs(dataset) == ["n"]
    assert dataset.card["split"]["order"] == "day"
    assert dataset.card["split"]["rows"] == {"train": 70, "dev": 15, "test": 15}
    assert sorted(dataset.x_test[:, 0]) == sorted(day * 7 % 11 for day in range(85, 100))
    assert sorted(dataset.x_dev[:, 0]) == sorted(day * 7 % 11 for day in range(70, 85))


def test_times_with_a_letter_and_with_a_space_are_in_one_order() -> None:
    hours = [f"2024-01-01{' T'[hour % 2]}{hour:02}:30" for hour in range(24)]
    table = read("t,n,y\n" + "".join(f"{t},{row},{'ab'[row % 2]}\n" for row, t in enumerate(hours)))
    dataset = prepare(table, target="y", cut=Cut((0.5, 0.25, 0.25), order="t"))
    assert dataset.x_test[:, 0].tolist() == list(range(18, 24))


def test_identifiers_that_could_not_be_inputs_can_be_groups() -> None:
    table = read("id,n,y\n" + "".join(f"person {row},{row % 7},{row % 2}\n" for row in range(80)))
    assert prepare(table, target="y", cut=Cut(group="id")).card["split"]["rows"] == {"train": 56, "dev": 12, "test": 12}


def test_tables_of_dev_and_test_need_no_such_column_and_may_have_it() -> None:
    bare = read("n,y\n1,a\n2,b\n")
    more = read("y,patient,n\na,q1,5\nb,q2,6\n")
    for test in (bare, more):
        dataset = prepare(Tables(visits(20), test=test), target="y", cut=Cut(group="patient"))
        assert inputs(dataset) == ["n"]
        assert dataset.card["split"]["rows"] == {"train": 51, "dev": 9, "test": 2}
        assert notes_of(dataset) == []


def test_groups_that_a_table_of_its_own_shares_with_train_are_noted() -> None:
    other = read("patient,n,y\np1,5,a\np2,6,b\nq,6,b\n,7,a\n")
    (note,) = notes_of(prepare(Tables(visits(20), dev=other), target="y", cut=Cut(group="patient")))
    assert (note["code"], note["columns"]) == ("shared_groups", ["patient"])
    assert note["detail"].startswith('Of the 3 groups of the dev table in "patient", 2 are in the training table too')


def test_rows_of_a_table_of_its_own_that_are_not_after_train_are_noted() -> None:
    other = read("day,n,y\n98,5,a\n99,6,b\n100,6,b\n")
    (note,) = notes_of(prepare(Tables(days(100), test=other), target="y", cut=Cut(order="day")))
    assert (note["code"], note["columns"]) == ("early_rows", ["day"])
    assert "Of the 3 rows of the test table" in note["detail"]
    assert "2 do not come after the last row of the training table" in note["detail"]


def test_parts_far_from_their_shares_are_noted() -> None:
    table = read("n,y\n" + "".join(f"{row},{min(row, 9)}\n" for row in range(12)))
    dataset = prepare(table, target="y", task="classification", cut=Cut((0.5, 0.25, 0.25)))
    (note,) = notes_of(dataset)
    assert (note["code"], note["columns"]) == ("split", [])
    assert note["detail"].startswith(
        "Train, dev and test have 10, 1, 1 rows, and by the split they would have 6, 3, 3."
    )
    ties = read("day,n,y\n" + "".join(f"{row // 40},{row % 7},{row / 3}\n" for row in range(120)))
    (note,) = notes_of(prepare(ties, target="y", cut=Cut(order="day")))
    assert (note["code"], note["columns"]) == ("split", ["day"])
    assert "have 40, 40, 40 rows, and by the split they would have 84, 18, 18" in note["detail"]


def test_a_column_that_cannot_cut_is_a_fault_of_its_field() -> None:
    table = read(
        "p,t,n,y\n" + "".join(f"{'x' if row % 9 else ''},day {row % 5},{row},{row % 2}\n" for row in range(18))
    )
    missing = 'The group column "p" is missing in line {}. Fill it in, or leave the row out.'
    assert faults_of(table, Cut(group="p")) == [("group", missing.format(2)), ("group", missing.format(11))]
    assert faults_of(table, Cut(group="q")) == [
        ("group", 'There is no column "q". The columns are: "p", "t", "n", "y".')
    ]
    assert faults_of(table, Cut(order="y")) == [("order", 'The order column "y" is the target. Name another column.')]
    assert faults_of(table, Cut(order="t")) == [
        (
            "order",
            'The order column "t" holds "day 0" in line 2, but to put rows in order takes numbers, or dates such as '
            "2026-03-31 or 2026-03-31T18:45.",
        )
    ]
    (both,) = faults_of(table, Cut(group="n", order="n"))
    assert both == (
        "order",
        'Both group "n" and order "n" were sent, but a table is cut by one of them. Leave the other out.',
    )


def test_a_class_that_comes_only_after_train_is_a_fault() -> None:
    table = read(
        "day,n,y\n" + "".join(f"{row},{row % 7},{'late' if row > 30 else 'ab'[row % 2]}\n" for row in range(40))
    )
    assert faults_of(table, Cut(order="day")) == [
        (
            "order",
            'The class "late", in line 33, comes after the rows of train in the order of "day", so it cannot be '
            "learned. Leave its rows out, or give train a larger share.",
        )
    ]


def test_the_seed_does_not_change_an_order_and_does_change_groups() -> None:
    one, two = (prepare(days(60), target="y", cut=Cut(seed=seed, order="day")) for seed in (0, 1))
    np.testing.assert_array_equal(one.x_test, two.x_test)
    one, two = (prepare(visits(40), target="y", cut=Cut(seed=seed, group="patient")) for seed in (0, 1))
    assert one.x_test.tolist() != two.x_test.tolist()
