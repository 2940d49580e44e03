"""Tests of the parts of data sets: only train decides, and dev and test may be tables of their own."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.data import Cut, Dataset, Normalization, Table, TableError, Tables, prepare
from engine.data.parts.split import split_rows
from engine.data.table import CategoricalColumn, Column, NumericColumn, take_rows
from engine.data.target import read_target
from engine.training_set import TrainingSet
from tests.engine.data.small_datasets import ARRAYS, TRAIN, read, small
from tests.engine.data.tables import mixed_tables


def spoiled(column: Column, rows: np.ndarray) -> Column:
    """The column with other values in some rows."""
    if isinstance(column, CategoricalColumn):
        words = column.values.copy()
        words[rows] = "spoiled"
        return CategoricalColumn(column.name, words)
    numbers = column.values.copy()
    numbers[rows] = np.linspace(1e6, 2e6, len(rows))
    return NumericColumn(column.name, numbers)


@settings(deadline=None)
@given(mixed_tables(), st.integers(0, 1000))
def test_nothing_of_dev_and_test_leaks_into_train(table: Table, seed: int) -> None:
    target, features = table.take("y")
    split = split_rows(read_target(target, table, None), seed)
    rest = np.concatenate([split.dev, split.test])
    other = Table((*(spoiled(column, rest) for column in features.columns), target), table.numbers, table.unit)
    same_training(prepare(table, target="y", cut=Cut(seed=seed)), prepare(other, target="y", cut=Cut(seed=seed)))


def same_training(one: Dataset, two: Dataset) -> None:
    """What a network learns from is the same to the bit, and so is how it reads its inputs."""
    np.testing.assert_array_equal(one.x_train, two.x_train)
    np.testing.assert_array_equal(one.y_train, two.y_train)
    without_counts = [
        [{key: value for key, value in column.items() if key != "missing"} for column in dataset.card["columns"]]
        for dataset in (one, two)
    ]
    assert without_counts[0] == without_counts[1]
    fitted = [Normalization.fit(dataset.x_train) for dataset in (one, two)]
    np.testing.assert_array_equal(fitted[0].mean, fitted[1].mean)
    np.testing.assert_array_equal(fitted[0].scale, fitted[1].scale)
    sets = [TrainingSet.of(dataset, normalize_inputs=True).train for dataset in (one, two)]
    assert sets[0].x.tobytes() == sets[1].x.tobytes()
    assert np.asarray(sets[0].targets).tobytes() == np.asarray(sets[1].targets).tobytes()


def rows_of(table: Table, rows: np.ndarray) -> Table:
    """The table with these rows alone."""
    numbers = [table.numbers[row] for row in rows]
    return replace(table, columns=tuple(take_rows(column, rows) for column in table.columns), numbers=numbers)


def apart(table: Table, seed: int) -> Tables:
    """The parts of a split as tables of their own, the columns of dev backwards."""
    split = split_rows(read_target(table.take("y")[0], table, "classification"), seed)
    train, dev, test = (rows_of(table, rows) for rows in (split.train, split.dev, split.test))
    return Tables(train, replace(dev, columns=dev.columns[::-1]), test)


@settings(deadline=None)
@given(mixed_tables(), st.integers(0, 1000))
def test_tables_of_their_own_give_what_a_split_of_the_whole_gives(table: Table, seed: int) -> None:
    tables = apart(table, seed)
    assume_values(tables.train)
    whole, parted = (prepare(given, target="y", task="classification", cut=Cut(seed=seed)) for given in (table, tables))
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(whole, name), getattr(parted, name))
    assert parted.card["columns"] == whole.card["columns"]
    assert parted.card["drift"] == whole.card["drift"]
    assert parted.card["split"]["rows"] == whole.card["split"]["rows"]
    assert parted.card["split"]["separate"] == ["dev", "test"]


def assume_values(table: Table) -> None:
    """A column without values is refused; in a small part of a table with many gaps it may happen."""
    assume(not any(column.missing.all() for column in table.columns))


@settings(deadline=None)
@given(mixed_tables(), st.integers(0, 1000), st.integers(0, 2**32))
def test_nothing_of_dev_and_test_tables_leaks_into_train(table: Table, seed: int, chance: int) -> None:
    tables = apart(table, seed)
    assume_values(tables.train)
    assert tables.dev is not None
    rng = np.random.default_rng(chance)
    dev, test = (rows_of(tables.dev, rng.integers(0, len(tables.dev), count)) for count in rng.integers(1, 40, 2))
    others = [Table(tuple(spoiled_features(one, rng)), one.numbers, one.unit) for one in (dev, test)]
    first = prepare(tables, target="y", task="classification")
    same_training(first, prepare(Tables(tables.train, *others), target="y", task="classification"))
    same_training(first, prepare(Tables(tables.train, others[1]), target="y", task="classification"))


def spoiled_features(table: Table, rng: np.random.Generator) -> list[Column]:
    """Other values in some cells of all columns but the target, and none in others."""
    columns = []
    for column in table.columns:
        rows = np.flatnonzero(rng.random(len(table)) < 0.5) if column.name != "y" else np.arange(0)
        changed = spoiled(column, rows)
        changed.values[rows[::3]] = None if isinstance(changed, CategoricalColumn) else np.nan
        columns.append(changed)
    return columns


@pytest.mark.parametrize(
    ("dev", "test", "fractions", "rows"),
    [
        (True, False, None, (60, 12, 0)),
        (True, False, (0.8, 0.0, 0.2), (48, 12, 12)),
        (False, True, None, (51, 9, 12)),
        (False, True, (0.7, 0.3, 0.0), (42, 18, 12)),
        (True, True, None, (60, 12, 12)),
        (False, False, (0.8, 0.2, 0.0), (48, 12, 0)),
    ],
)
def test_a_part_is_its_own_table_or_is_cut_from_the_training_table(
    dev: bool, test: bool, fractions: Any, rows: tuple[int, int, int]
) -> None:
    other = read("y,w,n\n" + "0,c,\n1,a,3\n2,,5\n" * 4)
    tables = Tables(read(TRAIN), other if dev else None, other if test else None)
    dataset = prepare(tables, target="y", cut=Cut(fractions))
    assert (len(dataset.y_train), len(dataset.y_dev), len(dataset.y_test)) == rows
    if dev:
        assert dataset.x_dev[:3].tolist() == [[3.0, 0.0, 0.0, 1.0], [3.0, 1.0, 0.0, 0.0], [5.0, 0.0, 0.0, 1.0]]
        assert dataset.y_dev[:3].tolist() == [0, 1, 2]
    assert Dataset.from_bytes(dataset.to_bytes()).card == dataset.card


def test_every_fault_of_every_table_is_named_with_its_file() -> None:
    dev = read("n,y,z\nx,0,1\ny,2,1\nz,5,1\n")
    test = read("y,w,n\n0,a,1\n7,a,1\n8,a,\n7,a,1\n")
    with pytest.raises(TableError) as caught:
        prepare(Tables(read(TRAIN), dev, test), target="y", cut=Cut((0.5, 0.25, 0.25)))
    rest = "which train has not. Leave such rows out, or add some to the training table."
    assert [(fault.about, fault.detail) for fault in caught.value.faults[2:]] == [
        (
            "dev_file",
            'The column "n" holds words like "x" in the dev table and numbers in the training table. Mend its cells, '
            "or name it in categorical.",
        ),
        ("dev_file", 'The dev table has no column "w", and the training table has. Add it.'),
        ("dev_file", 'The dev table has a column "z", and the training table has not. Leave it out.'),
        ("dev_file", f'The dev table has the class "5" in line 4, {rest}'),
        ("test_file", f'The test table has the class "7" in line 3, {rest}'),
        ("test_file", f'The test table has the class "8" in line 4, {rest}'),
    ]
    assert [fault.about for fault in caught.value.faults[:2]] == ["split", "split"]


def test_a_missing_target_in_dev_is_named_with_its_line_and_unknown_classes_of_words_with_their_names() -> None:
    train = read("n,y\n" + "1,a\n2,b\n" * 20)
    for text, rule in (
        ("1,a\n2,\n", 'The target "y" is missing in line 3.'),
        ("1,a\n2,c\n", 'the class "c" in line 3'),
    ):
        with pytest.raises(TableError, match=rule) as caught:
            prepare(Tables(train, read("n,y\n" + text)), target="y")
        assert [fault.about for fault in caught.value.faults] == ["dev_file"]


def test_a_regression_takes_any_number_from_dev_and_only_train_sets_its_unit() -> None:
    train = read("n,y\n" + "".join(f"{row},{row / 4}\n" for row in range(80)))
    near, far = (prepare(Tables(train, read(f"n,y\n1,{value}\n")), target="y") for value in (3.5, 1e6))
    assert (near.y_dev.tolist(), far.y_dev.tolist()) == ([3.5], [1e6])
    sets = [TrainingSet.of(dataset, normalize_inputs=True) for dataset in (near, far)]
    assert sets[0].target_mean == sets[1].target_mean == float(near.y_train.mean())
    assert sets[0].target_scale == sets[1].target_scale == float(near.y_train.std())


def test_a_column_without_values_is_refused_in_train_and_filled_in_dev() -> None:
    train, empty = read(TRAIN), read("n,w,y\n,a,1\n,b,0\n")
    assert prepare(Tables(train, empty), target="y").x_dev[:, 0].tolist() == [3.0, 3.0]
    with pytest.raises(TableError, match='The column "n" has no values at all'):
        prepare(Tables(empty, train), target="y", task="classification")


def test_a_drift_between_the_tables_is_told_on_the_card_and_so_is_one_of_the_target() -> None:
    dev = read("n,w,y\n" + "".join(f"{index % 7 + 4},{'ab'[index % 2]},0\n" for index in range(60)))
    warnings = prepare(Tables(read(TRAIN), dev), target="y").card["drift"]["warnings"]
    assert len(warnings) == 1
    assert '"n" (Kolmogorov-Smirnov distance' in warnings[0]
    assert '"y" (total variation distance' in warnings[0]
    assert small().card["drift"]["warnings"] == []
