"""Tests of successive halving: rungs, places, ties and faults."""

import pytest

from app.domain.sweeps import Objective
from app.domain.values import Value
from app.schedulers import Contender, Round
from app.schedulers.successive_halving import SuccessiveHalving

HALVING = SuccessiveHalving()
RUNGS = (1, 3, 9)


DEV_ERROR = Objective("dev_error", "minimize")


def paused(*values: float | None) -> list[Contender]:
    """Return trials that have paused at epoch 1, with these values."""
    return [Contender(trial, 1, value, open=True) for trial, value in enumerate(values)]


@pytest.mark.parametrize(
    ("options", "epochs", "rungs"),
    [
        ({}, 27, [1, 3, 9, 27]),
        ({}, 20, [1, 3, 9, 20]),
        ({"eta": 2, "first_rung": 3}, 12, [3, 6, 12]),
        ({"eta": 4.0, "first_rung": 19}, 20, [19, 20]),
    ],
)
def test_rungs_are_eta_times_as_far_each_and_the_last_one_is_the_end(
    options: dict[str, Value], epochs: int, rungs: list[int]
) -> None:
    posted: dict[str, Value] = {"kind": "successive_halving", **options}
    assert HALVING.bracket(posted, epochs, 0).rungs == rungs


def test_ties_go_to_the_lower_number() -> None:
    selection = HALVING.decide({}, Round(1, RUNGS, 6, DEV_ERROR, paused(0.5, 0.2, 0.2, 0.2, 0.1, 0.5)))
    assert selection.go_on == [4, 1]
    assert selection.pruned[2] == "rung 1: dev_error 0.2 at epoch 1 was 3rd of 6; 2 go on"


def test_places_that_nobody_can_take_stay_empty() -> None:
    selection = HALVING.decide({}, Round(1, RUNGS, 9, DEV_ERROR, paused(*[None] * 8, 0.4)))
    assert selection.go_on == [8]
    assert selection.reason == "rung 1: the best 1 of 9 go on to epoch 3"
    assert len(selection.pruned) == 8


def test_ranks_are_written_as_one_says_them() -> None:
    found = HALVING.decide({}, Round(1, RUNGS, 130, DEV_ERROR, paused(*(number / 1000 for number in range(130)))))
    said = [found.pruned[trial].split(" was ")[1].split(" of ")[0] for trial in (50, 51, 52, 53, 110, 111, 112, 120)]
    assert said == ["51st", "52nd", "53rd", "54th", "111th", "112th", "113th", "121st"]


def test_searched_epochs_are_refused_with_the_way_out() -> None:
    (fault,) = HALVING.faults({"kind": "successive_halving"}, None)
    assert fault.pointer == "/space/epochs"
    assert fault.detail == (
        "epochs cannot be searched under successive_halving, which compares all trials at the same ones. "
        'Move it to "fixed", or use the scheduler none.'
    )


@pytest.mark.parametrize(("first", "epochs"), [(1, 1), (20, 20), (30, 20)])
def test_a_first_rung_that_is_not_before_the_end_is_refused(first: int, epochs: int) -> None:
    (fault,) = HALVING.faults({"kind": "successive_halving", "first_rung": first}, epochs)
    assert fault.pointer == "/scheduler/first_rung"
    assert f"first_rung {first} must lie below epochs, {epochs}" in fault.detail


@pytest.mark.parametrize("eta", [1, 2.5, "3", True, None, 10**6, float("nan")])
def test_an_eta_that_is_no_whole_number_within_its_bounds_is_refused(eta: Value) -> None:
    (fault,) = HALVING.faults({"kind": "successive_halving", "eta": eta}, 20)
    assert fault.pointer == "/scheduler/eta"
    assert "it must be a whole number from 2 to 1,000" in fault.detail
    assert fault.detail.endswith("Without it, it is 3.")


def test_a_misspelt_option_gets_a_hint() -> None:
    (fault,) = HALVING.faults({"kind": "successive_halving", "first_run": 2}, 20)
    assert fault.detail == 'The scheduler "successive_halving" has no option "first_run". Did you mean "first_rung"?'
