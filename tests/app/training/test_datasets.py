"""Tests of uploads: whatever is sent becomes a data set, or sentences with their places."""

import gzip
import hashlib
import io
import json
import zipfile

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.errors import Fault, InvalidRequest
from app.training.datasets import PreparedDataset, builtin_names, load, prepare_builtin, prepare_upload

LIMIT = 1 << 20
CSV = ("n,w,y\n" + "".join(f'{index}.5,"{"ab"[index % 2]}",{index % 2}\n' for index in range(30))).encode()


def npz() -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=np.arange(60, dtype=np.float32).reshape(30, 2), y=np.array(["a", "b"] * 15))
    return buffer.getvalue()


FILES = {"table.csv": CSV, "table.csv.gz": gzip.compress(CSV, mtime=0), "table.npz": npz()}


def upload(
    filename: str,
    content: bytes,
    *,
    target: str | None = "y",
    task: str | None = None,
    categorical: tuple[str, ...] = (),
) -> PreparedDataset:
    return prepare_upload(
        filename,
        content,
        target=target,
        task=task,
        categorical=categorical,
        split_seed=0,
        max_table_bytes=LIMIT,
    )


def faults_of(filename: str, content: bytes, **said: str | None) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRequest) as caught:
        upload(filename, content, target=said.get("target", "y"), task=said.get("task"))
    return [(fault.pointer, fault.detail) for fault in caught.value.faults]


def test_a_prepared_upload_tells_its_rows_features_outputs_and_hash() -> None:
    prepared = upload("table.csv", CSV)
    assert prepared.sha256 == hashlib.sha256(prepared.content).hexdigest()
    assert (prepared.task, prepared.features, prepared.outputs) == ("binary", 4, 1)
    assert dict(prepared.rows) == {"train": 20, "dev": 6, "test": 4}
    assert load(prepared.content).x_train.shape == (20, 4)
    json.dumps(dict(prepared.card), allow_nan=False)


def test_the_same_table_gives_the_same_bytes_plain_and_gzipped() -> None:
    plain, zipped = (upload(name, FILES[name]) for name in ("table.csv", "table.csv.gz"))
    assert plain == zipped == upload("Other.CSV", CSV)


def test_the_outputs_are_the_classes_where_there_are_more_than_two() -> None:
    text = "n,y\n" + "".join(f"{index},{index % 3}\n" for index in range(30))
    assert upload("t.csv", text.encode()).outputs == 3
    regression = upload("t.csv", text.encode(), task="regression")
    assert (regression.task, regression.outputs) == ("regression", 1)


def test_an_npz_file_needs_no_target() -> None:
    assert upload("table.npz", npz(), target=None) == upload("table.npz", npz(), target="y")


@pytest.mark.parametrize("name", builtin_names())
def test_a_builtin_is_the_same_each_time_it_is_prepared(name: str) -> None:
    assert prepare_builtin(name) == prepare_builtin(name)


@pytest.mark.parametrize(
    ("filename", "content", "rule"),
    [
        ("table.parquet", CSV, "does not say what it is. Use .csv, .csv.gz or .npz"),
        ("", CSV, "does not say what it is"),
        ("table.csv", npz(), "not CSV but a zip archive by its content"),
        ("table.npz", CSV, "not an NPZ file by its content"),
        ("table.npz", b"", "not an NPZ file by its content"),
        ("table.csv", b"", "The file is empty"),
        ("table.npz", npz()[:-9], "not a whole NPZ file"),
        ("table.csv.gz", gzip.compress(CSV, mtime=0)[:-9], "gzip file is broken"),
        ("table.csv", b"a,y\n1,1\n2\n", "Line 3 has 1 cells"),
        ("table.csv", b"y\n1\n0\n", "There is no column but the target"),
        ("table.csv", b"a,y\n1,1\n2,\n", "is missing in line 3"),
        ("table.csv", b"a,y\n1,1\n2,0\n", "too few for a training and a dev part"),
    ],
)
def test_faults_of_the_file_point_to_the_file(filename: str, content: bytes, rule: str) -> None:
    ((pointer, detail),) = faults_of(filename, content)
    assert pointer == "/file"
    assert rule in detail


@pytest.mark.parametrize(
    ("target", "rule"),
    [
        (None, "The target is missing: name the column"),
        ("", "The target is missing: name the column"),
        ("z", 'There is no column "z". The columns are: "n", "w", "y".'),
    ],
)
def test_faults_of_the_target_point_to_the_target(target: str | None, rule: str) -> None:
    ((pointer, detail),) = faults_of("table.csv", CSV, target=target)
    assert pointer == "/target"
    assert rule in detail


def test_a_target_with_one_class_points_to_the_target() -> None:
    assert faults_of("t.csv", b"a,y\n" + b"1,x\n" * 9)[0][0] == "/target"


def test_a_cell_that_holds_the_name_of_the_target_still_points_to_the_file() -> None:
    assert [pointer for pointer, _ in faults_of("t.csv", b"a,y\n1,1\n2,0\ny,1\n")] == ["/file"]


def test_an_unknown_categorical_column_points_to_its_own_field() -> None:
    with pytest.raises(InvalidRequest) as caught:
        upload("t.csv", CSV, target="z", categorical=("w", "v"))
    assert [fault.pointer for fault in caught.value.faults] == ["/categorical", "/target"]


def test_all_faults_of_the_form_come_together() -> None:
    with pytest.raises(InvalidRequest) as caught:
        upload("table.npz", CSV, target="z", task="ranking", categorical=("w",))
    assert caught.value.faults == (
        Fault(
            "/file",
            'The file "table.npz" is not an NPZ file by its content. Write it with numpy.savez, or give it the ending '
            ".csv.",
        ),
        Fault("/target", 'The target "z" is not possible: in an NPZ file it is "y". Leave it out.'),
        Fault("/categorical", "An NPZ file has no categorical columns, but w was named. Leave it out."),
        Fault("/task", 'The task "ranking" is not known: it must be one of classification, regression.'),
    )


def test_a_small_file_that_becomes_a_large_table_is_refused() -> None:
    text = "w,y\n" + "".join(f"w{index % 300},{index % 2}\n" for index in range(4000))
    assert "4,000 rows of 301 inputs" in faults_of("t.csv", text.encode())[0][1]


Edits = list[tuple[float, int | None, bytes]]
edits = st.lists(
    st.tuples(st.floats(0.0, 1.0), st.none() | st.integers(1, 40), st.binary(max_size=12)), min_size=1, max_size=4
)


def mutated(content: bytes, changes: Edits) -> bytes:
    """The content with bytes replaced or (with a length) cut out and others put in their place."""
    for share, cut, inserted in changes:
        place = int(share * len(content))
        content = content[:place] + inserted + content[place + (len(inserted) if cut is None else cut) :]
    return content


def survives(filename: str, content: bytes, task: str | None = None) -> None:
    """Either there is a data set that can be loaded, or sentences with pointers."""
    faults: tuple[Fault, ...] = ()
    try:
        dataset = load(upload(filename, content, task=task).content)
    except InvalidRequest as error:
        faults = error.faults
    if faults:
        assert all(fault.pointer in ("/file", "/target") and fault.detail.endswith(".") for fault in faults)
    else:
        assert len(dataset.y_train) == dataset.card["split"]["rows"]["train"]
        assert np.all(np.isfinite(dataset.x_train))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(FILES)), edits, st.sampled_from([None, "classification", "regression"]))
@example("table.npz", [(0.0, None, b"PK\x05\x06")], None)
def test_any_mutation_of_a_file_is_read_or_refused(filename: str, changes: Edits, task: str | None) -> None:
    survives(filename, mutated(FILES[filename], changes), task)


@settings(max_examples=100, deadline=None)
@given(edits)
def test_any_mutation_below_the_compression_is_read_or_refused(changes: Edits) -> None:
    survives("table.csv.gz", gzip.compress(mutated(CSV, changes)))


@settings(max_examples=200, deadline=None)
@given(edits, edits)
def test_any_mutation_of_the_arrays_of_an_npz_file_is_read_or_refused(x: Edits, y: Edits) -> None:
    with np.load(io.BytesIO(npz())) as archive:
        arrays = {"x": archive["x"], "y": archive["y"]}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name, changes in (("x", x), ("y", y)):
            member = io.BytesIO()
            np.save(member, arrays[name])
            target.writestr(f"{name}.npy", mutated(member.getvalue(), changes))
    survives("table.npz", buffer.getvalue())


csv_text = st.text(st.sampled_from('ab1.5,;"\n\r\t _-e\ufeffé'), max_size=80)


@settings(max_examples=200, deadline=None)
@given(csv_text)
def test_any_text_is_read_or_refused(text: str) -> None:
    survives("table.csv", text.encode())
    survives("table.csv", ("a,y\n" + text).encode())
