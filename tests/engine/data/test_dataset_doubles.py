"""Tests of the columns that data sets keep in float64, as float32 would merge their values."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest

from engine.data import Dataset, TableError, prepare
from engine.data.part_tables import PARTS
from engine.training_set import TrainingSet
from tests.engine.data.small_datasets import ARRAYS, read, small

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
