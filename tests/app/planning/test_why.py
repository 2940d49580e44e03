"""Tests of why a sweep is not finished: what holds it up comes first, and the expected end follows from its pace."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Budget, Labels, Sweep, Used
from app.domain.why import Facts, Hold, OpenRun, OpenRuns
from app.planning.why import expected_end, why
from tests.app.planning.specs import HALVING, search

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NOTHING_OPEN = OpenRuns(0, 0, 0, None, (), None, 0, 0)


MINUTES = 10.0


def facts(budget: Budget, finished: int, runs: OpenRuns = NOTHING_OPEN) -> Facts:
    """Return what is known of a sweep that began at `START`, ten minutes later."""
    spec = search(budget, scheduler=HALVING)
    sweep = Sweep(
        id="swp_1", state=SweepState.RUNNING, ending=None, spec=spec, labels=Labels(""), posted={}, reason=None,
        used=Used(budget.trials, 0, 60.0 * MINUTES), dataset_sha256=None, created_at=START, started_at=START,
        finished_at=None, best=None, counts={TrialState.COMPLETED: finished, TrialState.QUEUED: 1},
    )  # fmt: skip  # several fields in a line
    return Facts(sweep, runs, (), 0, None, None, None, START + timedelta(minutes=MINUTES))


def codes(found: Facts) -> list[str]:
    return [one.code for one in why(found).reasons]


@pytest.mark.parametrize(
    ("budget", "finished", "left"),
    [(Budget(40), 10, 30.0), (Budget(40), 40, 0.0), (Budget(40, seconds=1200.0), 10, 10.0), (Budget(40), 0, None)],
)
def test_the_end_is_expected_at_the_pace_so_far_by_the_part_of_the_budget_that_ends_first(
    budget: Budget, finished: int, left: float | None
) -> None:
    found = facts(budget, finished)
    assert expected_end(found) == (None if left is None else found.now + timedelta(minutes=left))


@pytest.mark.parametrize(("finished", "left"), [(10, 40.0), (20, 15.0), (0, None)])
def test_the_end_of_a_budget_of_epochs_is_expected_by_what_those_that_ended_were_charged(
    finished: int, left: float | None
) -> None:
    found = facts(Budget(1000, epochs=500), finished)
    found = replace(found, sweep=replace(found.sweep, used=Used(20, 200, 0.0)))
    assert expected_end(found) == (None if left is None else found.now + timedelta(minutes=left))


WHOLE = facts(Budget(40), 10)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (replace(WHOLE, no_worker="For a reason."), "no_worker"),
        (replace(WHOLE, no_plan="For a reason."), "no_plan"),
        (replace(WHOLE, trouble="For a reason."), "storage"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_holds_a_sweep_up_comes_first_and_then_no_end_is_expected(found: Facts, code: str) -> None:
    assert codes(found)[0] == code
    assert "For a reason." in why(found).reasons[0].detail
    assert why(found).expected_end is None


def test_a_sweep_in_which_nothing_is_open_is_being_planned() -> None:
    assert codes(facts(Budget(40), 10)) == ["planning"]


def test_an_end_waits_for_those_in_training() -> None:
    hold = Hold("w1", 2, START, START + timedelta(seconds=30))
    runs = OpenRuns(0, 2, 0, None, (hold,), OpenRun(1, 0, 2, 9, "w1", START), 0, 0)
    found = facts(Budget(40), 10, runs=runs)
    sweep = replace(found.sweep, ending=SweepState.COMPLETED, reason="the budget is used up")
    told = why(replace(found, sweep=sweep)).reasons
    assert told[0].detail == "It ends as soon as its 2 runs in training have answered: the budget is used up."
    assert [one.code for one in told] == ["ending", "silent", "training"]


def test_of_many_workers_some_are_named_and_the_others_counted() -> None:
    holds = [Hold(f"w{number}", 3, START, START) for number in range(8)]
    runs = OpenRuns(0, 24, 0, None, holds, None, 0, 0)
    (told,) = (one.detail for one in why(facts(Budget(40), 10, runs=runs)).reasons if one.code == "training")
    assert told.startswith("24 runs in training: w0 has 3 since 2026-01-02 03:04:05 UTC, ")
    assert told.endswith(" and other workers have 9.")
