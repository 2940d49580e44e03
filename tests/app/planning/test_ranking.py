"""Tests of which models a sweep keeps."""

from hypothesis import given
from hypothesis import strategies as st

from app.domain.queue import RankedModel, Ranking
from app.domain.states import TrialState
from app.domain.values import LARGEST_WHOLE
from app.domain.work import Rank
from app.planning.ranking import ranking

models = st.lists(st.tuples(st.none() | st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.booleans()), max_size=40).map(
    lambda them: [RankedModel(trial, value, settled) for trial, (value, settled) in enumerate(them)]
)


def final(*values: float) -> list[RankedModel]:
    """Return models of final trials with these values."""
    return [RankedModel(trial, value, settled=True) for trial, value in enumerate(values)]


def waiting(*values: float | None) -> list[RankedModel]:
    """Return models of trials that may go on, from number 100."""
    return [RankedModel(100 + trial, value, settled=False) for trial, value in enumerate(values)]


def test_the_best_of_final_trials_stay_and_ties_go_to_the_lower_number() -> None:
    assert ranking(final(0.5, 0.25, 0.5, 0.125), keep=3) == Ranking([2], last=Rank(0.5, 0), last_paused=None)


def test_of_equal_trials_those_that_came_to_their_end_stay_and_none_of_them_is_turned_away() -> None:
    pruned = RankedModel(0, 0.5, settled=True, state=TrialState.PRUNED)
    completed = RankedModel(7, 0.5, settled=True)
    better = RankedModel(3, 0.25, settled=True)
    assert ranking([pruned, completed], keep=1) == Ranking([0], last=Rank(0.5, 7), last_paused=None)
    assert ranking([pruned, better], keep=2) == Ranking([], last=Rank(0.5, LARGEST_WHOLE), last_paused=None)


def test_there_is_no_bound_while_places_are_free() -> None:
    assert ranking(final(0.5, 0.25), keep=3) == Ranking([], last=None, last_paused=None)


def test_confirmed_trials_take_no_places_of_others_that_may_be_confirmed_next() -> None:
    confirmed = [RankedModel(trial, 2.0 + trial, settled=True, confirmed=True) for trial in (10, 11, 12)]
    found = ranking([*final(0.5, 0.25, 0.75), *confirmed], keep=2)
    assert found == Ranking([2, 12], last=Rank(0.5, 0), last_paused=None)


def test_of_trials_that_may_go_on_twice_as_many_stay() -> None:
    assert ranking(waiting(0.5, 0.25, 0.75, 0.125, 0.0), keep=2) == Ranking(
        [102], last=None, last_paused=Rank(0.5, 100)
    )


def test_final_trials_and_others_have_places_of_their_own() -> None:
    found = ranking([*final(0.5, 0.75), *waiting(0.125, 0.25, 0.375)], keep=1)
    assert found == Ranking([1, 102], last=Rank(0.5, 0), last_paused=Rank(0.25, 101))


def test_a_model_without_a_value_stays_until_its_trial_is_final() -> None:
    assert ranking(waiting(None, None, None), keep=1).fallen == []
    assert ranking([RankedModel(0, None, settled=True)], keep=1).fallen == [0]


@given(models, st.integers(1, 12))
def test_once_the_fallen_are_gone_nothing_more_falls_and_the_bounds_stay(them: list[RankedModel], keep: int) -> None:
    first = ranking(them, keep)
    left = [model for model in them if model.trial not in first.fallen]
    assert ranking(left, keep) == Ranking([], first.last, first.last_paused)
    assert sum(model.settled for model in left) <= keep


@given(models, st.integers(1, 12))
def test_what_ranks_behind_the_last_would_not_stay(them: list[RankedModel], keep: int) -> None:
    found = ranking(them, keep)
    for last, settled in ((found.last, True), (found.last_paused, False)):
        if last is not None:
            equal, worse = RankedModel(1000, last.cost, settled), RankedModel(1001, last.cost + 1e-9, settled)
            assert {1000, 1001} <= set(ranking([*them, equal, worse], keep).fallen)
