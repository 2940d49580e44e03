"""Tests of the reading of bodies: records to the bit, and refusals that cost no more than what is read."""

import json
import math
import struct
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.bodies import MOST_SEARCHED, RecordReader, parse
from app.domain.errors import InvalidRequest, Malformed
from app.domain.work import Epoch, Lease, Progress, ReportRequest

REPORTS = RecordReader(ReportRequest)

scalars = st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
values = st.recursive(
    scalars | texts, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)
)


def report(*epochs: Any, **more: Any) -> bytes:
    return json.dumps({"worker": "w", "items": [{"lease": {"run": 1, "fence": 2}, "epochs": epochs}], **more}).encode()


def point(epoch: int, **more: Any) -> dict[str, Any]:
    return {"epoch": epoch, "metrics": {"dev_error": 0.5}, "seconds": 1, **more}


def bits(number: float | None) -> bytes | None:
    return None if number is None else struct.pack(">d", number)


@given(values)
def test_a_value_comes_back_as_the_standard_library_reads_it(value: Any) -> None:
    raw = json.dumps(value).encode()
    assert repr(parse(raw)) == repr(json.loads(raw))


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b'{"worker": "w", "worker": "w", "items": []}', report({"epoch": "1"}), b'{"worker":' + b"[" * 10**4],
    ids=["nothing", "nothing in it", "a name twice", "a text for a number", "deep"],
)
def test_what_is_refused_is_no_sound_record_and_is_told_by_another_read(raw: bytes) -> None:
    assert REPORTS.read_sound(raw) is None
    with pytest.raises((InvalidRequest, Malformed)):
        REPORTS.read(raw)
    assert REPORTS.read_sound(report(point(1))) == REPORTS.read(report(point(1)))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_metric_arrives_to_the_bit(number: float) -> None:
    read = REPORTS.read(report(point(1, metrics={"dev_error": number}, gradient_norms=[number, None])))
    epoch = read.items[0].epochs[0]
    assert bits(epoch.metrics["dev_error"]) == bits(number)
    assert [bits(norm) for norm in epoch.gradient_norms or ()] == [bits(number), None]


def test_a_record_has_defaults_for_what_is_left_out_and_passes_over_what_is_not_known() -> None:
    read = REPORTS.read(report(point(1), note={"a": [1]}))
    assert read == ReportRequest("w", [Progress(Lease(1, 2), [Epoch(1, {"dev_error": 0.5}, 1.0)])])


@pytest.mark.parametrize("space", ["", " ", "\n"])
def test_a_name_that_comes_twice_is_refused_however_it_is_written(space: str) -> None:
    raw = report(point(1)).replace(b'"epoch": 1', f'"epoch"{space}: 1, "epoch"{space}: 1'.encode())
    with pytest.raises(Malformed, match="The name 'epoch' comes twice"):
        REPORTS.read(raw)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_json_does_not_know_is_named(word: str) -> None:
    with pytest.raises(Malformed, match=f"the number {word}, which JSON does not know"):
        REPORTS.read(report(point(1)).replace(b"0.5", word.encode()))


def test_a_number_that_no_double_holds_is_refused() -> None:
    with pytest.raises(Malformed, match="larger than a double can hold"):
        REPORTS.read(report(point(1)).replace(b"0.5", b"1e999"))


def test_a_text_with_a_backslash_before_u0000_is_no_nul() -> None:
    raw = report(point(1)).replace(b'"w"', b'"\\\\u0000"')
    assert REPORTS.read(raw).worker == "\\u0000"
    with pytest.raises(Malformed, match="NUL"):
        REPORTS.read(report(point(1)).replace(b'"w"', b'"\\u0000"'))


def test_all_faults_of_a_short_record_are_told() -> None:
    with pytest.raises(InvalidRequest) as refused:
        REPORTS.read(report(point(1, seconds="x"), [], {**point(3), "epoch": 1.5}))
    places = [fault.pointer for fault in refused.value.faults]
    assert places == ["/items/0/epochs/0/seconds", "/items/0/epochs/1", "/items/0/epochs/2/epoch"]


def test_of_a_long_record_the_first_fault_in_a_list_is_told() -> None:
    raw = report(*[[]] * MOST_SEARCHED)
    with pytest.raises(InvalidRequest) as refused:
        REPORTS.read(raw)
    assert [fault.pointer for fault in refused.value.faults] == ["/items/0/epochs/0"]


def test_a_long_record_of_another_form_is_refused_for_its_form_before_its_values_are_made() -> None:
    raw = report(*[[[]]] * MOST_SEARCHED, note=math.nan)
    tracemalloc.start()
    with pytest.raises(InvalidRequest) as refused:
        REPORTS.read(raw)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [fault.pointer for fault in refused.value.faults] == ["/items/0/epochs/0"]
    assert most < 2 * len(raw)


def test_a_long_record_of_the_right_form_is_read_as_strictly_as_a_short_one() -> None:
    points = [point(epoch) for epoch in range(1, MOST_SEARCHED // 32)]
    raw = report(*points)
    assert len(raw) > MOST_SEARCHED
    assert len(REPORTS.read(raw).items[0].epochs) == len(points)
    for wrong, fault in [
        (report(*points, note=math.nan), "the number NaN"),
        (raw.replace(b'"epoch": 7,', b'"epoch": 7, "epoch": 7,'), "comes twice"),
        (raw[:-1], "not JSON"),
    ]:
        with pytest.raises(Malformed, match=fault):
            REPORTS.read(wrong)
