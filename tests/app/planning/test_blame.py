"""Tests of blame: suspected by losses in company, convicted by losses alone."""

from hypothesis import given
from hypothesis import strategies as st

from app.domain.runs import Blame
from app.planning import StandardPolicy

POLICY = StandardPolicy()


def after(*alone: bool) -> Blame:
    """Return the blame of a run after these losses in a row."""
    blame = Blame()
    for one in alone:
        blame = POLICY.after_loss(blame, alone=one)
    return blame


def test_losses_in_company_make_a_suspect_and_never_more() -> None:
    assert after(False, False, False).losses == POLICY.suspect_losses
    assert POLICY.fatal(after(*[False] * 100)) is None


def test_three_losses_in_a_row_while_alone_are_fatal() -> None:
    assert POLICY.fatal(after(False, False, False, True, True)) is None
    reason = POLICY.fatal(after(False, False, False, True, True, True))
    assert reason == "3 times in a row a worker died, fell silent or refused with nothing but this run in its hands"


def test_whose_worker_comes_back_is_blamed_for_one_loss_less() -> None:
    assert POLICY.after_return(after(False, False, False, True), 0) == Blame(losses=3, alone=0)
    assert POLICY.after_return(after(True, True), 1) == Blame(losses=1, alone=1)
    assert POLICY.after_return(after(), 0) == Blame()


def test_a_loss_in_company_that_was_none_leaves_the_row_of_those_alone_as_it_is() -> None:
    assert POLICY.after_return(after(False, False, False, True, True), 2) == Blame(losses=4, alone=2)


def test_a_loss_in_company_interrupts_the_row() -> None:
    assert after(True, True, False, True) == Blame(losses=4, alone=1)


@given(st.lists(st.booleans(), max_size=20))
def test_a_guilty_run_fails_after_a_few_losses_whatever_came_before(before: list[bool]) -> None:
    blame, losses = after(*before), 0
    while POLICY.fatal(blame) is None:
        blame = POLICY.after_loss(blame, alone=blame.losses >= POLICY.suspect_losses)
        losses += 1
    assert losses <= 6
