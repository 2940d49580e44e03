"""Tests of uploads with files damaged at random: each is read, or refused in sentences."""

import gzip
import io
import zipfile

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.errors import Fault, InvalidRequest
from app.domain.uploads import SentFile, SentFiles, UploadForm
from app.preparation.uploads import prepare_upload
from engine.data import Dataset
from tests.app.preparation.upload_files import CSV, FILES, LIMIT, npz, upload

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
        dataset = Dataset.from_bytes(upload(filename, content, task=task).content)
    except InvalidRequest as error:
        faults = error.faults
    if faults:
        assert all(fault.pointer in POINTERS and fault.detail.endswith(".") for fault in faults)
    else:
        assert len(dataset.y_train) == dataset.card["split"]["rows"]["train"]
        assert np.all(np.isfinite(dataset.x_train))


@pytest.mark.parser
@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(FILES)), edits, st.sampled_from([None, "classification", "regression"]))
@example("table.npz", [(0.0, None, b"PK\x05\x06")], None)
def test_any_mutation_of_a_file_is_read_or_refused(filename: str, changes: Edits, task: str | None) -> None:
    survives(filename, mutated(FILES[filename], changes), task)


@pytest.mark.parser
@settings(max_examples=100, deadline=None)
@given(edits)
def test_any_mutation_below_the_compression_is_read_or_refused(changes: Edits) -> None:
    survives("table.csv.gz", gzip.compress(mutated(CSV, changes)))


@pytest.mark.parser
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


@pytest.mark.parser
@settings(max_examples=200, deadline=None)
@given(csv_text)
def test_any_text_is_read_or_refused(text: str) -> None:
    survives("table.csv", text.encode())
    survives("table.csv", ("a,y\n" + text).encode())


@pytest.mark.parser
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
