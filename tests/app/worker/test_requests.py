"""Cutting what a worker tells into requests: all of it is sent, once, in order, and within the limits."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.work import CheckpointRef, Epoch, Lease, Result
from app.worker.requests import Parcel, cut, encode, halves


def epoch(number: int) -> Epoch:
    return Epoch(number, {"train_loss": 0.5, "dev_error": 0.1}, 0.01)


def parcel(run: int, epochs: int, extra: str) -> Parcel:
    lease, points = Lease(run, 1), [epoch(number + 1) for number in range(epochs)]
    if extra == "result":
        return Parcel(lease, points, result=Result(lease, "completed", {}, 1, epochs, 0.1, "done"))
    return Parcel(lease, points, CheckpointRef(epochs, "0" * 64, 10) if extra == "checkpoint" else None)


PARCELS = st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["", "checkpoint", "result"])), max_size=12).map(
    lambda kinds: [parcel(run, epochs, extra) for run, (epochs, extra) in enumerate(kinds)]
)


def told(requests: Sequence[Sequence[Parcel]]) -> list[tuple[Lease, object]]:
    """Everything that requests say of leases, in order."""
    return [
        (one.lease, what)
        for request in requests
        for one in request
        for what in (*one.epochs, *filter(None, (one.checkpoint, one.result)))
    ]


@given(PARCELS, st.integers(1, 5), st.integers(1, 7))
def test_requests_hold_everything_once_in_order_and_no_more_than_they_may(
    parcels: list[Parcel], items: int, epochs: int
) -> None:
    requests = list(cut(parcels, items, epochs))
    assert told(requests) == told([parcels])
    assert all(1 <= len(request) <= items for request in requests)
    assert all(sum(len(one.epochs) for one in request) <= epochs for request in requests)
    assert {one.lease for request in requests for one in request} == {one.lease for one in parcels}


@given(PARCELS)
def test_halving_ends_with_single_epochs_and_loses_nothing(parcels: list[Parcel]) -> None:
    open_, whole = [parcels] if parcels else [], list[Sequence[Parcel]]()
    while open_:
        request = open_.pop(0)
        parts = halves(request)
        if parts is None:
            whole.append(request)
        else:
            assert all(parts)
            open_[:0] = parts
    assert told(whole) == told([parcels])
    assert all(len(request) == 1 and len(request[0].epochs) <= 1 for request in whole)


@pytest.mark.parametrize("extra", ["", "checkpoint", "result"])
def test_the_epochs_of_a_result_travel_in_it_and_those_of_others_beside_it(extra: str) -> None:
    body = json.loads(encode("w", [parcel(1, 2, ""), parcel(2, 3, extra)]))
    assert body["worker"] == "w"
    if extra == "result":
        assert [point["epoch"] for point in body["items"][0]["curve"]] == [1, 2, 3]
        assert [item["lease"]["run"] for item in body["progress"]] == [1]
    else:
        assert [len(item["epochs"]) for item in body["items"]] == [2, 3]
        assert (body["items"][1]["checkpoint"] is not None) is (extra == "checkpoint")
