"""Tests of uploads: whatever is sent becomes a data set, or sentences with their places."""

import gzip
import hashlib
import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.errors import Fault, InvalidRequest
from app.domain.uploads import SentFile, SentFiles, UploadForm
from app.training.datasets import PreparedDataset, load
from app.training.uploads import prepare_upload

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
    form = UploadForm("mine", target, task, categorical)
    return prepare_upload(SentFiles(SentFile(filename, content)), form, max_table_bytes=LIMIT)


def faults_of(filename: str, content: bytes, **said: str | None) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRequest) as caught:
        upload(filename, content, target=said.get("target", "y"), task=said.get("task"))
    return [(fault.pointer, fault.detail) for fault in caught.value.faults]


def test_a_prepared_upload_tells_its_rows_features_outputs_and_hash() -> None:
    prepared = upload("table.csv", CSV)
    assert prepared.sha256 == hashlib.sha256(prepared.content).hexdigest()
    assert (prepared.task, prepared.features, prepared.outputs) == ("binary", 4, 1)
    assert dict(prepared.rows) == {"train": 21, "dev": 5, "test": 4}
    assert load(prepared.content).x_train.shape == (21, 4)
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


@pytest.mark.parametrize(
    ("filename", "content", "rule"),
    [
        ("table.xlsx", CSV, "does not say what it is. Use .csv, .tsv or .txt, each also with .gz, .npz or .parquet"),
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


def test_a_group_may_be_named_by_numbers_and_by_words() -> None:
    rows = "".join(f"{'' if row // 3 % 3 else 'P'}{row // 3},{row * 7 % 11},{row % 2}\n" for row in range(90))
    form = UploadForm("mine", "y", group="patient")
    files = SentFiles(csv("patient,n,y\n" + rows))
    assert dict(prepare_upload(files, form, max_table_bytes=LIMIT).rows) == {"train": 63, "dev": 15, "test": 12}


def test_too_few_rows_for_the_parts_are_a_fault_of_the_split() -> None:
    ((pointer, detail),) = faults_of("table.csv", b"a,y\n1,1\n2,0\n")
    assert (pointer, "too few to cut by the split 0.7, 0.15, 0.15" in detail) == ("/split", True)


def faults_of_all(dev: SentFile | None, test: SentFile | None, **said: Any) -> list[Fault]:
    files = SentFiles(SentFile("table.csv", CSV), dev, test)
    with pytest.raises(InvalidRequest) as caught:
        prepare_upload(files, UploadForm("mine", **{"target": "y", **said}), max_table_bytes=LIMIT)
    return list(caught.value.faults)


def csv(text: str, name: str = "t.csv") -> SentFile:
    return SentFile(name, text.encode())


DEV = csv('w,y,n\n"b",1,7\nc,0,\n')


def test_dev_and_test_may_come_as_files_of_their_own_with_their_columns_in_any_order() -> None:
    zipped = SentFile("dev.csv.gz", gzip.compress(DEV.content, mtime=0))
    files = SentFiles(SentFile("table.csv", CSV), zipped, DEV)
    prepared = prepare_upload(files, UploadForm("mine", "y"), max_table_bytes=LIMIT)
    assert prepared.rows == {"train": 30, "dev": 2, "test": 2}
    dataset = load(prepared.content)
    assert dataset.x_dev.tolist() == dataset.x_test.tolist() == [[7.0, 0.0, 1.0, 0.0], [15.0, 0.0, 0.0, 1.0]]
    assert dataset.y_dev.tolist() == [1, 0]


def test_npz_files_may_be_dev_and_test_as_well() -> None:
    first = SentFile("table.npz", npz())
    prepared = prepare_upload(SentFiles(first, first), UploadForm("mine", split="0.8,0,0.2"), max_table_bytes=LIMIT)
    assert prepared.rows == {"train": 24, "dev": 30, "test": 6}


def test_a_column_is_categorical_in_every_file_if_it_is_said_so_or_is_so_in_the_first() -> None:
    first, dev = csv("n,w,y\n" + "1,a,0\n2,7,1\n3,a,0\n" * 9), csv("n,w,y\n1,7,0\n2,7,1\n")
    form = UploadForm("mine", "y", categorical=["n"])
    dataset = load(prepare_upload(SentFiles(first, dev), form, max_table_bytes=LIMIT).content)
    assert dataset.x_dev.tolist() == [[1, 0, 0, 0, 1, 0, 0], [0, 1, 0, 0, 1, 0, 0]]


def test_the_split_and_its_seed_decide_what_becomes_of_the_rows() -> None:
    def split(**said: Any) -> PreparedDataset:
        form = UploadForm("mine", "y", **said)
        return prepare_upload(SentFiles(SentFile("table.csv", CSV)), form, max_table_bytes=LIMIT)

    assert split(split="0.8, 0.2, 0").rows == {"train": 24, "dev": 6, "test": 0}
    assert split(split="0.7,0.15,0.15") == split()
    assert split(split_seed="1").rows == split().rows
    assert split(split_seed="1").sha256 != split().sha256


@pytest.mark.parametrize("text", ["", "0.7", "0.7,0.3", "0.7,0.15,0.1,0.05", "a,b,c", "0.7;0.15;0.15", "0.7,,0.3"])
def test_a_split_that_is_not_three_numbers_is_refused(text: str) -> None:
    (fault,) = faults_of_all(None, None, split=text)
    assert fault == Fault(
        "/split",
        f'The split "{text}" is not possible: it must be the three shares of train, dev and test, such as '
        '"0.7,0.15,0.15".',
    )


@pytest.mark.parametrize(
    ("text", "dev", "rules"),
    [
        ("0.5,0.5,0.5", None, ["sums to 1.5"]),
        ("0.8,0.4,-0.2", None, ["negative or no number"]),
        ("nan,0.5,0.5", None, ["negative or no number"]),
        ("0.8,0,0.2", None, ["leaves nothing to choose by"]),
        ("0,0.8,0.2", None, ["leaves nothing to train on"]),
        ("0.8,0.2,0", DEV, ["cuts dev from the training table"]),
    ],
)
def test_a_split_that_makes_no_sense_is_refused(text: str, dev: SentFile | None, rules: list[str]) -> None:
    faults = faults_of_all(dev, None, split=text)
    assert [fault.pointer for fault in faults] == ["/split"] * len(rules)
    assert all(rule in fault.detail for fault, rule in zip(faults, rules, strict=True))


def test_faults_of_all_files_that_cannot_be_read_come_together_with_those_of_the_form() -> None:
    faults = faults_of_all(csv("n,w,y\n1,a\n"), csv("", "test.csv"), task="ranking", split="half", image="8 by 8")
    assert [fault.pointer for fault in faults] == ["/dev_file", "/test_file", "/task", "/split", "/image"]
    assert "Line 2 has 2 cells" in faults[0].detail
    assert "The file is empty" in faults[1].detail


def test_faults_of_what_the_files_hold_come_together() -> None:
    dev, test = csv("n,y,z\nx,0,1\ny,0,1\n"), csv("n,w,y\n1,a,0\n1,a,2\n1,a,\n")
    faults = faults_of_all(dev, test, split="0.5,0.5,0", image="2x1")
    assert [fault.pointer for fault in faults] == ["/split", "/image", "/image", *["/dev_file"] * 3, "/test_file"]
    assert [fault.detail for fault in faults[3:]] == [
        'The column "n" holds words like "x" in the dev table and numbers in the training table. Mend its cells, or '
        "name it in categorical.",
        'The dev table has no column "w", and the training table has. Add it.',
        'The dev table has a column "z", and the training table has not. Leave it out.',
        'The target "y" is missing in line 4. Fill it in, leave such rows out with missing_target=drop, or '
        "say with missing what counts as missing, if it is a class.",
    ]


def test_other_files_are_read_for_faults_even_if_the_first_cannot_be() -> None:
    files = SentFiles(csv("", "table.dat"), csv("n,w,y\n1,a\n"), SentFile("t.npz", CSV))
    with pytest.raises(InvalidRequest) as caught:
        prepare_upload(files, UploadForm("mine", "y"), max_table_bytes=LIMIT)
    assert [fault.pointer for fault in caught.value.faults] == ["/file", "/dev_file", "/test_file"]


def test_files_of_different_formats_are_refused() -> None:
    (fault,) = faults_of_all(SentFile("dev.npz", npz()), None)
    assert fault == Fault(
        "/dev_file",
        'The files "dev.npz" and "table.csv" are of different formats: send all as CSV, all as NPZ, or all as Parquet.',
    )


PIXELS = "a,b,c,d,e,f,y\n" + "".join(f"0,1,2,3,4,{row},{row % 2}\n" for row in range(30))


@pytest.mark.parametrize(("text", "image"), [("2x3", [2, 3, 1]), ("1x2x3", [1, 2, 3])])
def test_the_rows_of_a_csv_file_are_images_if_it_is_said_so(text: str, image: list[int]) -> None:
    files = SentFiles(csv(PIXELS), csv(PIXELS))
    assert prepare_upload(files, UploadForm("mine", "y", image=text), max_table_bytes=LIMIT).card["image"] == image
    assert "image" not in prepare_upload(files, UploadForm("mine", "y"), max_table_bytes=LIMIT).card


@pytest.mark.parametrize("text", ["", "8", "x8", "8x", "0x8", "8x8x0", "8x8x1x1", "-8x8", "8X8", "8.0x8", "٨x8"])
def test_an_image_that_is_not_a_shape_is_refused(text: str) -> None:
    (fault,) = faults_of_all(None, None, image=text)
    assert fault.pointer == "/image"
    assert fault.detail.startswith(f'The image "{text}" is not possible: it must be height and width')


def test_an_image_of_another_size_than_the_row_is_refused() -> None:
    with pytest.raises(InvalidRequest) as caught:
        prepare_upload(SentFiles(csv(PIXELS)), UploadForm("mine", "y", image="8x8"), max_table_bytes=LIMIT)
    assert caught.value.faults == (
        Fault(
            "/image",
            "An image of 8x8x1 has 64 numbers, and there are 6 columns of numbers beside the target. Correct it.",
        ),
    )


def arrays(**given: Any) -> SentFile:
    buffer = io.BytesIO()
    np.savez(buffer, **given)
    return SentFile("t.npz", buffer.getvalue())


def images(*shape: int, dtype: Any = np.uint8) -> SentFile:
    return arrays(x=(np.arange(np.prod(shape)).reshape(shape) % 7).astype(dtype), y=np.arange(shape[0]) % 2)


@pytest.mark.parametrize(
    ("shape", "text", "image"),
    [((20, 2, 3), None, [2, 3, 1]), ((20, 2, 3, 2), "2x3x2", [2, 3, 2]), ((20, 6), "2x3", [2, 3, 1])],
)
def test_an_npz_file_knows_the_shape_of_its_images(shape: tuple[int, ...], text: str | None, image: list[int]) -> None:
    prepared = prepare_upload(SentFiles(images(*shape)), UploadForm("mine", image=text), max_table_bytes=LIMIT)
    assert prepared.card["image"] == image


def test_an_npz_file_is_not_read_as_images_of_another_shape() -> None:
    with pytest.raises(InvalidRequest) as caught:
        prepare_upload(SentFiles(images(20, 2, 3)), UploadForm("mine", image="3x2"), max_table_bytes=LIMIT)
    assert caught.value.faults == (
        Fault(
            "/image",
            'The image "3x2x1" is not the shape of the rows of x, (2, 3). Leave it out, or send 2x3x1, or none for '
            "plain columns.",
        ),
    )


def test_rows_of_two_axes_that_are_no_bytes_are_columns_unless_it_is_said_otherwise() -> None:
    sent = SentFiles(images(20, 2, 3, dtype=np.float32))
    card = prepare_upload(sent, UploadForm("mine"), max_table_bytes=LIMIT).card
    assert "image" not in card
    assert [note["code"] for note in notes_of(card)] == ["flattened"]
    assert "send image=2x3." in notes_of(card)[0]["detail"]
    said = prepare_upload(sent, UploadForm("mine", image="2x3"), max_table_bytes=LIMIT).card
    assert (said["image"], notes_of(said)) == ([2, 3, 1], [])


def test_channels_that_may_be_first_or_last_are_asked_for_at_the_field_image() -> None:
    with pytest.raises(InvalidRequest) as caught:
        prepare_upload(SentFiles(images(20, 3, 5, 4)), UploadForm("mine"), max_table_bytes=LIMIT)
    (fault,) = caught.value.faults
    assert fault.pointer == "/image"
    for text, image in (("3x5x4", [3, 5, 4]), ("5x4x3", [5, 4, 3])):
        sent = SentFiles(images(20, 3, 5, 4))
        assert prepare_upload(sent, UploadForm("mine", image=text), max_table_bytes=LIMIT).card["image"] == image


def test_pictures_are_plain_columns_if_it_is_said_so() -> None:
    sent = SentFiles(images(20, 2, 3))
    assert "image" not in prepare_upload(sent, UploadForm("mine", image="none"), max_table_bytes=LIMIT).card
    table = SentFiles(csv(PIXELS))
    assert "image" not in prepare_upload(table, UploadForm("mine", "y", image="none"), max_table_bytes=LIMIT).card


def notes_of(card: Any) -> list[dict[str, Any]]:
    """The notes on the shape of the rows."""
    return [note for note in card["notes"] if note["code"] in ("flattened", "channels_first")]


def parts(train: int, *others: tuple[str, int]) -> dict[str, Any]:
    """Arrays of parts with so many rows each; all bytes of a part are its number."""
    sizes = [("train", train), *others]
    x = {f"x_{name}": np.full((rows, 2, 3), 10 * place, np.uint8) for place, (name, rows) in enumerate(sizes)}
    return x | {f"y_{name}": (np.arange(rows) % 2)[:, np.newaxis] for name, rows in sizes}


@pytest.mark.parametrize(
    ("others", "rows", "separate"),
    [
        ([("test", 6)], {"train": 34, "dev": 6, "test": 6}, ["test"]),
        ([("val", 4), ("test", 6)], {"train": 40, "dev": 4, "test": 6}, ["dev", "test"]),
        ([("dev", 4)], {"train": 40, "dev": 4, "test": 0}, ["dev"]),
    ],
)
def test_a_file_with_parts_of_its_own_is_cut_as_separate_files_are(others: Any, rows: Any, separate: Any) -> None:
    prepared = prepare_upload(SentFiles(arrays(**parts(40, *others))), UploadForm("mine"), max_table_bytes=LIMIT)
    split: Any = prepared.card["split"]
    assert (split["rows"], split["separate"]) == (rows, separate)
    dataset = load(prepared.content)
    for place, (name, count) in enumerate(others, start=1):
        part = {"val": "dev"}.get(name, name)
        np.testing.assert_array_equal(getattr(dataset, f"x_{part}"), np.full((count, 6), 10 * place))


def test_faults_of_parts_in_one_file_are_about_that_file() -> None:
    given = parts(40, ("test", 6)) | {"y_test": np.arange(6)}
    with pytest.raises(InvalidRequest) as caught:
        prepare_upload(SentFiles(arrays(**given)), UploadForm("mine"), max_table_bytes=LIMIT)
    assert {fault.pointer for fault in caught.value.faults} == {"/file"}
    assert 'The test table has the class "2"' in caught.value.faults[0].detail


def test_a_part_is_in_one_file_alone() -> None:
    first, plain = arrays(**parts(40, ("test", 6))), images(6, 2, 3)
    with pytest.raises(InvalidRequest) as caught:
        prepare_upload(SentFiles(first, first, plain), UploadForm("mine"), max_table_bytes=LIMIT)
    assert caught.value.faults == (
        Fault(
            "/dev_file",
            "An NPZ file with the dev part holds x and y alone, and this one has parts of its own. Name its arrays x "
            "and y.",
        ),
        Fault("/test_file", "There is a test part in the first file already. Leave one of them out."),
    )


def test_bytes_stay_bytes_in_what_is_stored_unless_a_part_has_other_numbers() -> None:
    dataset = load(prepare_upload(SentFiles(images(20, 2, 3)), UploadForm("mine"), max_table_bytes=LIMIT).content)
    assert {getattr(dataset, f"x_{part}").dtype for part in ("train", "dev", "test")} == {np.dtype(np.uint8)}
    mixed = SentFiles(images(20, 6), images(20, 6, dtype=np.float64))
    dataset = load(prepare_upload(mixed, UploadForm("mine"), max_table_bytes=LIMIT).content)
    assert {getattr(dataset, f"x_{part}").dtype for part in ("train", "dev", "test")} == {np.dtype(np.float32)}


def test_bytes_may_be_four_times_as_many_as_numbers() -> None:
    sent = SentFiles(images(100, 50))
    assert prepare_upload(sent, UploadForm("mine"), max_table_bytes=8_000).features == 50
    with pytest.raises(InvalidRequest) as caught:
        prepare_upload(SentFiles(images(100, 50, dtype=np.int8)), UploadForm("mine"), max_table_bytes=8_000)
    assert "5,000 numbers; at most 2,000 are allowed" in caught.value.faults[0].detail


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


POINTERS = ("/file", "/target", "/split", "/separator", "/header", "/encoding")


def survives(filename: str, content: bytes, task: str | None = None) -> None:
    """Either there is a data set that can be loaded, or sentences with pointers."""
    faults: tuple[Fault, ...] = ()
    try:
        dataset = load(upload(filename, content, task=task).content)
    except InvalidRequest as error:
        faults = error.faults
    if faults:
        assert all(fault.pointer in POINTERS and fault.detail.endswith(".") for fault in faults)
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


@settings(max_examples=100, deadline=None)
@given(edits, edits)
def test_any_mutation_of_dev_and_test_files_is_read_or_refused_with_their_names(dev: Edits, test: Edits) -> None:
    files = SentFiles(*(SentFile("t.csv", content) for content in (CSV, mutated(CSV, dev), mutated(CSV, test))))
    pointers: set[str] = set()
    try:
        prepare_upload(files, UploadForm("mine", "y"), max_table_bytes=LIMIT)
    except InvalidRequest as error:
        pointers = {fault.pointer for fault in error.faults}
    assert pointers <= {"/dev_file", "/test_file"}


def sent(name: str, content: bytes, **said: Any) -> PreparedDataset:
    return prepare_upload(SentFiles(SentFile(name, content)), UploadForm("mine", **said), max_table_bytes=LIMIT)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("table.tsv", "n\tw\ty\n{}", {}),
        ("table.txt.gz", "n w y\n{}", {}),
        ("table.csv", "n;w;y\n{}", {"separator": "semicolon"}),
        ("table.csv", "{}", {"separator": "semicolon", "header": "none", "target": "c3"}),
        ("table.csv", '"","n","w","y"\n{}', {}),
        ("table.csv", "n,w,y,id\n{}", {"ignore": ["id"]}),
    ],
)
def test_what_is_said_of_a_file_or_found_out_makes_the_same_data_set(
    name: str, text: str, said: dict[str, Any]
) -> None:
    separator = {"table.tsv": "\t", "table.txt.gz": " "}.get(name, ";" if "separator" in said else ",")
    rows = [[f"{row}.5", "ab"[row % 2], str(row % 2)] for row in range(30)]
    if text.startswith('""'):
        rows = [[str(number), *row] for number, row in enumerate(rows)]
    if "ignore" in said:
        rows = [[*row, "x" * number] for number, row in enumerate(rows)]
    content = text.format("".join(separator.join(row) + "\n" for row in rows)).encode()
    found = sent(name, gzip.compress(content) if name.endswith("gz") else content, **{"target": "y", **said})
    plain, dataset = load(upload("table.csv", CSV).content), load(found.content)
    assert all(np.array_equal(getattr(plain, part), getattr(dataset, part)) for part in ("x_train", "y_dev", "x_test"))


@pytest.mark.parametrize(
    ("said", "content", "pointer"),
    [
        ({"separator": "colon"}, CSV, "/separator"),
        ({}, b"a,b;y,c\n1,x;y,2\n", "/separator"),
        ({"header": "maybe"}, CSV, "/header"),
        ({}, b"1,2,3\n4,5,6\n", "/header"),
        ({"encoding": "rot13"}, CSV, "/encoding"),
        ({}, b"n,y\n\xe4,1\n", "/encoding"),
        ({"ignore": ["q"]}, CSV, "/ignore"),
        ({"ignore": ["y"]}, CSV, "/ignore"),
    ],
)
def test_faults_of_how_a_file_is_read_point_to_the_field_to_send(
    said: dict[str, Any], content: bytes, pointer: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        sent("table.csv", content, target="y", **said)
    assert [fault.pointer for fault in caught.value.faults] == [pointer]


def test_what_is_said_of_text_is_refused_with_an_npz_file() -> None:
    with pytest.raises(InvalidRequest) as caught:
        sent("table.npz", npz(), separator="comma", ignore=["x_0"])
    assert [fault.pointer for fault in caught.value.faults] == ["/ignore", "/separator"]
