"""Tests of uploads whose rows are images, or might be, and of bytes."""

from typing import Any

import numpy as np
import pytest

from app.domain.errors import Fault, InvalidRequest
from app.domain.uploads import SentFiles, UploadForm
from app.preparation.uploads import prepare_upload
from engine.data import Dataset
from tests.app.preparation.upload_files import LIMIT, PIXELS, csv, faults_of_all, images


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


def test_bytes_stay_bytes_in_what_is_stored_unless_a_part_has_other_numbers() -> None:
    prepared = prepare_upload(SentFiles(images(20, 2, 3)), UploadForm("mine"), max_table_bytes=LIMIT)
    dataset = Dataset.from_bytes(prepared.content)
    assert {getattr(dataset, f"x_{part}").dtype for part in ("train", "dev", "test")} == {np.dtype(np.uint8)}
    mixed = SentFiles(images(20, 6), images(20, 6, dtype=np.float64))
    dataset = Dataset.from_bytes(prepare_upload(mixed, UploadForm("mine"), max_table_bytes=LIMIT).content)
    assert {getattr(dataset, f"x_{part}").dtype for part in ("train", "dev", "test")} == {np.dtype(np.float32)}


def test_bytes_may_be_four_times_as_many_as_numbers() -> None:
    sent = SentFiles(images(100, 50))
    assert prepare_upload(sent, UploadForm("mine"), max_table_bytes=8_000).features == 50
    with pytest.raises(InvalidRequest) as caught:
        prepare_upload(SentFiles(images(100, 50, dtype=np.int8)), UploadForm("mine"), max_table_bytes=8_000)
    assert "5,000 numbers; at most 2,000 are allowed" in caught.value.faults[0].detail
