"""Tests of prepared data sets: what train decides, what nothing else may, and their bytes."""

import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.data import Cut, Dataset, Normalization, Table, TableError, Tables, prepare, read_csv
from engine.data.parts.split import split_rows
from engine.data.table import CategoricalColumn, Column, NumericColumn, take_rows
from engine.data.tables import PARTS
from engine.data.target import read_target
from engine.training_set import TrainingSet
from tests.engine.data.tables import mixed_tables

ARRAYS = ("x_train", "y_train", "x_dev", "y_dev", "x_test", "y_test")


def read(text: str) -> Table:
    return read_csv(text.encode(), max_bytes=1 << 20)


def small() -> Dataset:
    lines = [f"{index * index % 61},{'ab'[index % 2]},{index % 3}" for index in range(60)]
    return prepare(read("n,w,y\n" + "\n".join(lines)), target="y")


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


TRAIN = "n,w,y\n" + "".join(f"{index % 7},{'ab'[index % 2]},{index % 3}\n" for index in range(60))


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


def images(rows: int, shape: tuple[int, int, int]) -> Table:
    """A table of images with two classes."""
    rng = np.random.default_rng(0)
    pixels = [NumericColumn(f"x_{place}", rng.random(rows)) for place in range(int(np.prod(shape)))]
    labels = NumericColumn("y", (np.arange(rows) % 2).astype(np.float64))
    return Table((*pixels, labels), range(rows), "row", shape)


def test_a_data_set_of_images_says_so_and_brings_it_back() -> None:
    dataset = prepare(images(40, (2, 3, 2)), target="y")
    assert dataset.card["image"] == [2, 3, 2]
    assert Dataset.from_bytes(dataset.to_bytes()).image == (2, 3, 2)
    assert small().image is None


def test_images_that_are_not_are_refused() -> None:
    words = replace(read(TRAIN), image=(2, 2, 1))
    with pytest.raises(TableError) as caught:
        prepare(words, target="y")
    assert [(fault.about, fault.detail) for fault in caught.value.faults] == [
        ("image", 'The column "w" holds words, and the pixels of an image are numbers. Leave image out.'),
        ("image", "An image of 2x2x1 has 4 numbers, and there are 1 columns of numbers beside the target. Correct it."),
    ]


def test_missing_pixels_are_refused_in_every_table_and_so_is_another_shape() -> None:
    train, dev, test = images(40, (2, 2, 1)), images(8, (2, 2, 1)), images(8, (4, 1, 1))
    for table in (train, dev):
        table.columns[1].values[3] = np.nan
    with pytest.raises(TableError) as caught:
        prepare(Tables(train, dev, test), target="y")
    missing = (
        'The column "x_1" has missing cells, but images have none. Fill them in, or send the rows as a plain table.'
    )
    assert [(fault.about, fault.detail) for fault in caught.value.faults] == [
        ("file", missing),
        ("dev_file", missing),
        ("test_file", "The test table has images of 4x1x1, and the training table has not. Reshape them."),
    ]


@settings(deadline=None)
@given(mixed_tables(), st.integers(0, 1000))
def test_bytes_bring_back_every_bit_and_are_the_same_each_time(table: Table, seed: int) -> None:
    dataset = prepare(table, target="y", cut=Cut(seed=seed))
    content = dataset.to_bytes()
    back = Dataset.from_bytes(content)
    for name in ARRAYS:
        one, other = getattr(dataset, name), getattr(back, name)
        assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    assert (back.task, back.classes, back.card) == (dataset.task, dataset.classes, dataset.card)
    assert back.to_bytes() == content == prepare(table, target="y", cut=Cut(seed=seed)).to_bytes()


def test_the_card_is_strict_json_and_tells_what_was_done() -> None:
    card = json.loads(json.dumps(small().card, allow_nan=False))
    assert card == {
        "target": "y",
        "task": "multiclass",
        "task_was": "inferred",
        "classes": ["0", "1", "2"],
        "columns": [
            {"name": "n", "kind": "numeric", "fill": 36.0, "flag": False, "reading": {"as": "numbers"}, "missing": 0},
            {"name": "w", "kind": "categorical", "categories": ["a", "b"], "reading": {"as": "words"}, "missing": 0},
        ],
        "target_deviation": None,
        "target_reading": {"as": "numbers"},
        "split": {
            "seed": 0,
            "fractions": [0.7, 0.15, 0.15],
            "group": None,
            "order": None,
            "separate": [],
            "rows": {"train": 42, "dev": 9, "test": 9},
        },
        "drift": card["drift"],
        "notes": [],
        "read": {"separator": "comma", "encoding": "utf-8", "header": True},
    }
    assert {column["column"] for column in card["drift"]["columns"]} == {"n", "w", "y"}


def test_the_card_has_the_deviation_of_the_numbers_to_be_learned_from() -> None:
    dataset = prepare(read("n,y\n" + "\n".join(f"{n % 7},{n / 3}" for n in range(60))), target="y")
    mean = sum(dataset.y_train) / len(dataset.y_train)
    variance = sum((y - mean) ** 2 for y in dataset.y_train) / len(dataset.y_train)
    assert dataset.card["target_deviation"] == pytest.approx(variance**0.5)


def test_inputs_are_float32_labels_int64_and_numbers_float64() -> None:
    assert [getattr(small(), name).dtype for name in ARRAYS] == [np.float32, np.int64] * 3
    lines = "\n".join(f"{index},{index / 2}" for index in range(50))
    assert prepare(read("n,y\n" + lines), target="y").y_dev.dtype == np.float64


def test_a_column_that_is_constant_in_train_and_a_word_that_is_new_in_dev_are_fine() -> None:
    table = read("n,w,y\n" + "".join(f"1,a,{index % 2}\n" for index in range(40)))
    target, _ = table.take("y")
    split = split_rows(read_target(target, table, None), 0)
    words = np.array(["a"] * 40, np.object_)
    words[split.dev] = "new"
    dataset = prepare(
        replace(table, columns=(table.columns[0], CategoricalColumn("w", words), table.columns[2])), target="y"
    )
    np.testing.assert_array_equal(dataset.x_train, [[1.0, 1.0, 0.0]] * len(split.train))
    np.testing.assert_array_equal(dataset.x_dev, [[1.0, 0.0, 1.0]] * len(split.dev))


def test_faults_of_target_and_features_come_together() -> None:
    table = read("name,y\n" + "".join(f"person {index},1\n" for index in range(60)))
    with pytest.raises(TableError) as caught:
        prepare(table, target="y")
    assert [fault.about for fault in caught.value.faults] == ["target", "file"]


def test_after_twenty_faults_of_features_the_rest_is_counted() -> None:
    names = ",".join(f"name{column}" for column in range(30))
    lines = "".join(",".join([f"p{row}"] * 30) + f",{row % 2}\n" for row in range(60))
    with pytest.raises(TableError) as caught:
        prepare(read(f"{names},y\n{lines}"), target="y")
    assert [len(caught.value.faults), caught.value.faults[-1].detail] == [21, "There are 10 more faults."]


def test_a_target_alone_and_a_target_that_is_not_there_are_refused() -> None:
    with pytest.raises(TableError, match="There is no column but the target"):
        prepare(read("y\n" + "0\n1\n" * 10), target="y")
    with pytest.raises(TableError, match='There is no column "z"'):
        prepare(read("y\n0\n1\n"), target="z")


def test_a_small_file_that_becomes_a_large_table_is_refused_before_it_does() -> None:
    lines = "".join(f"w{index % 300},{index % 2}\n" for index in range(4000))
    with pytest.raises(TableError, match=r"4,000 rows of 301 inputs, 4,816,000 bytes; at most 1,048,576 bytes"):
        prepare(read("w,y\n" + lines), target="y", max_bytes=1 << 20)


def test_what_does_not_vary_in_train_is_noted_on_the_card() -> None:
    train = "x,flag,same,w,y\n" + "".join(f"{index},0,7,{'ab'[index % 2]},{index // 3 % 2}\n" for index in range(19))
    dev = "x,flag,same,w,y\n1,1000,7,a,0\n2,0,7,c,1\n"
    dataset = prepare(Tables(read(train), read(dev)), target="y")
    notes = {(note["code"], *note["columns"]) for note in dataset.card["notes"]}
    assert notes == {("constant_input", "same"), ("constant_input", "flag"), ("unknown_words", "w")}
    assert small().card["notes"] == []


SERIAL = "serial,x,y\n" + "".join(f"{10**9 + index},{index % 7 / 10},{index % 2}\n" for index in range(40))


def test_columns_that_float32_would_merge_are_float64_and_no_others() -> None:
    dataset = prepare(read(SERIAL), target="y")
    assert dataset.doubles is not None
    assert dataset.doubles.places.tolist() == [0]
    assert dataset.x_train.dtype == np.float32
    assert [column.get("double") for column in dataset.card["columns"]] == [True, None]
    parts = [dataset.inputs(part).double[:, 0].tolist() for part in PARTS]
    assert sorted(value for part in parts for value in part) == [10**9 + index for index in range(40)]
    assert small().doubles is None


def test_a_content_keeps_them_and_one_without_has_the_arrays_that_it_always_had() -> None:
    dataset = prepare(read(SERIAL), target="y")
    again = Dataset.from_bytes(dataset.to_bytes())
    for part in PARTS:
        np.testing.assert_array_equal(again.inputs(part).x, dataset.inputs(part).x)
        np.testing.assert_array_equal(again.inputs(part).double, dataset.inputs(part).double)
    assert again.to_bytes() == dataset.to_bytes()
    with np.load(io.BytesIO(small().to_bytes())) as archive:
        assert archive.files == [*ARRAYS, "about"]


def test_forty_serial_numbers_stay_forty_numbers_when_normalised() -> None:
    for scale, offset in ((1, 10**9), (1e-46, 0.0), (60, 1_700_000_000)):
        lines = "".join(f"{offset + scale * index!r},{index % 2}\n" for index in range(40))
        data = TrainingSet.of(prepare(read("n,y\n" + lines), target="y"), normalize_inputs=True)
        found = np.concatenate([part.x[:, 0] for part in (data.train, data.dev, data.test)])
        assert len(set(found.tolist())) == 40
        assert data.train.x[:, 0].std() == pytest.approx(1.0, rel=1e-6)
        steps = np.diff(np.sort(found))
        np.testing.assert_allclose(steps, steps.mean(), rtol=1e-5)


def test_pixels_of_images_stay_float64_together() -> None:
    names = ",".join(f"p{place}" for place in range(4))
    lines = "".join(f"{10**9 + index},{'1000000000,' * 3}{index % 2}\n" for index in range(40))
    dataset = prepare(replace(read(f"{names},y\n" + lines), image=(2, 2, 1)), target="y")
    assert dataset.doubles is not None
    assert dataset.doubles.places.tolist() == [0, 1, 2, 3]
    data = TrainingSet.of(dataset, normalize_inputs=True)
    assert data.normalization is not None
    assert len(set(data.normalization.mean)) == len(set(data.normalization.scale)) == 1


def test_what_must_be_normalised_cannot_stay_as_it_is() -> None:
    with pytest.raises(ValueError, match=r'cannot stay as they are in these columns: "serial"; networks compute'):
        TrainingSet.of(prepare(read(SERIAL), target="y"), normalize_inputs=False)


def test_float64_counts_when_the_size_is_checked() -> None:
    lines = "".join(f"{10**9 + index},{index % 2}\n" for index in range(4000))
    with pytest.raises(TableError, match=r"4,000 rows of 1 inputs, 48,000 bytes; at most 40,000 bytes"):
        prepare(read("n,y\n" + lines), target="y", max_bytes=40_000)


def test_a_content_from_before_there_were_float64_inputs_trains_to_the_bits_of_its_plain_formula() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(5.0, 2.0, (30, 3)).astype(np.float32), np.arange(30) % 2
    about = {"task": "binary", "classes": ["0", "1"], "card": {"target": "y", "columns": []}}
    file = io.BytesIO()
    parts = {"x_train": x[:20], "y_train": y[:20], "x_dev": x[20:], "y_dev": y[20:], "x_test": x[:0], "y_test": y[:0]}
    np.savez(file, **parts, about=np.array(json.dumps(about)))  # type: ignore[arg-type]  # its stub means allow_pickle
    data = TrainingSet.of(Dataset.from_bytes(file.getvalue()), normalize_inputs=True, rules=1)
    wide = x[:20].astype(np.float64)
    wanted = ((x[20:].astype(np.float64) - wide.mean(axis=0)) / wide.std(axis=0)).astype(np.float32)
    np.testing.assert_array_equal(data.dev.x[:, :-1], wanted)
