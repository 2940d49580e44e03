"""Tests of data sets in the storage."""

from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from app.domain.errors import Conflict, NotFound
from app.domain.states import SweepState
from app.domain.sweeps import Labels, NewSweep
from app.storage import SqliteStorage
from tests.app.storage.simple_policy import SimplePolicy
from tests.app.storage.world import (
    DATASET,
    START,
    SWEEP,
    UPLOAD,
    add_sweep,
    claim_one,
    drawn,
    end,
    finish,
    forget_upload_hashes,
    spec,
)

OTHER = replace(DATASET, sha256=sha256(b"other").hexdigest())
THIRD = replace(DATASET, sha256=sha256(b"third").hexdigest())
BUILTIN = replace(DATASET, name="digits", builtin=True)


def test_a_data_set_comes_back_as_it_was_added(storage: SqliteStorage) -> None:
    assert storage.add_dataset(DATASET, b"content", UPLOAD)
    assert storage.dataset("rain") == DATASET
    assert storage.dataset_content("rain") == (DATASET.sha256, b"content")
    with pytest.raises(NotFound, match='"snow"'):
        storage.dataset("snow")


def test_the_same_content_is_found_again_and_another_one_is_refused(storage: SqliteStorage) -> None:
    assert storage.add_dataset(DATASET, b"content", UPLOAD)
    assert not storage.add_dataset(DATASET, b"content", UPLOAD)
    with pytest.raises(Conflict, match="another content"):
        storage.add_dataset(OTHER, b"other", UPLOAD)
    storage.replace_builtin(BUILTIN, b"content")
    with pytest.raises(Conflict, match="another content"):
        storage.add_dataset(replace(BUILTIN, builtin=False), b"content", UPLOAD)


def test_a_builtin_cannot_be_deleted(storage: SqliteStorage) -> None:
    storage.replace_builtin(BUILTIN, b"content")
    with pytest.raises(Conflict, match="built-in"):
        storage.remove_dataset("digits")
    assert storage.builtin_hashes() == {"digits": BUILTIN.sha256}


def test_an_artifact_that_no_data_set_and_no_sweep_names_is_no_content(storage: SqliteStorage) -> None:
    storage.add_artifact(OTHER.sha256, b"other", START)
    with pytest.raises(NotFound, match=OTHER.sha256):
        storage.content_size(OTHER.sha256)
    with pytest.raises(NotFound, match=OTHER.sha256):
        storage.content_of(OTHER.sha256)


def test_a_data_set_in_use_cannot_be_deleted_and_its_content_outlives_it_for_the_models(
    storage: SqliteStorage,
) -> None:
    add_sweep(storage, drawn(0, 1))
    with pytest.raises(Conflict, match=SWEEP):
        storage.remove_dataset("rain")
    finish(storage, claim_one(storage).lease)
    end(storage)
    storage.remove_dataset("rain")
    with pytest.raises(NotFound):
        storage.remove_dataset("rain")
    _, summary = storage.sweep_spec(SWEEP)
    assert summary is not None
    assert storage.content_of(summary.sha256) == b"content"


def test_a_deleted_name_is_free_again(storage: SqliteStorage) -> None:
    storage.add_dataset(DATASET, b"content", UPLOAD)
    storage.remove_dataset("rain")
    assert storage.add_dataset(OTHER, b"other", UPLOAD)
    assert storage.dataset_content("rain") == (OTHER.sha256, b"other")


def test_a_builtin_that_changed_leaves_its_former_content_to_the_sweeps_that_began_with_it(
    storage: SqliteStorage,
) -> None:
    builtin = replace(DATASET, builtin=True)
    storage.replace_builtin(builtin, b"content")
    storage.create_sweep(SWEEP, NewSweep(spec(1), Labels("rain"), {}, builtin, {}), START)
    storage.replace_builtin(replace(OTHER, builtin=True), b"other")
    assert storage.sweep(SWEEP).state is SweepState.RUNNING
    assert storage.content_of(builtin.sha256) == b"content"
    assert storage.dataset_content("rain") == (OTHER.sha256, b"other")
    storage.replace_builtin(replace(THIRD, builtin=True), b"third")
    with pytest.raises(NotFound, match=OTHER.sha256):
        storage.content_of(OTHER.sha256)


def test_an_upload_is_known_by_its_hash_and_takes_one_if_it_has_none(tmp_path: Path) -> None:
    with closing(SqliteStorage(tmp_path, SimplePolicy())) as storage:
        assert storage.upload_hash("rain") is None
        storage.add_dataset(DATASET, b"content", UPLOAD)
        assert (storage.upload_hash("rain"), storage.upload_without_hash("rain")) == (UPLOAD, None)
    forget_upload_hashes(tmp_path)
    with closing(SqliteStorage(tmp_path, SimplePolicy())) as storage:
        assert storage.upload_without_hash("rain") == (DATASET.sha256, b"content")
        assert not storage.add_dataset(DATASET, b"content", "f0" * 32)
        storage.recognise_upload("rain", DATASET.sha256, UPLOAD)
        assert storage.upload_hash("rain") == "f0" * 32


def test_data_sets_are_listed_by_name_in_pages(storage: SqliteStorage) -> None:
    for name in ("c", "a", "b"):
        storage.add_dataset(replace(DATASET, name=name), b"content", UPLOAD)
    assert [dataset.name for dataset in storage.datasets("", 2)] == ["a", "b"]
    assert [dataset.name for dataset in storage.datasets("b", 9)] == ["c"]
