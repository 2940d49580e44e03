"""Tests of what a trial comes to by its runs."""

import statistics
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.runs import RunOutcome, TrialOutcome, whole_seeds
from app.domain.states import OPEN, TrialState
from app.planning.outcome import mean, outcome

S = TrialState


def run(replicate: int = 0, state: TrialState = S.COMPLETED, value: float | None = 0.5, **more: object) -> RunOutcome:
    """Return what a run came to."""
    known = RunOutcome(replicate, state, value, {"dev_error": value, "train_loss": 0.25}, 3, 5, 1.5, None)
    return replace(known, **more)  # type: ignore[arg-type]  # the tests name fields of the record


def test_one_run_is_its_trial() -> None:
    only = run(reason="all epochs trained")
    assert outcome([only], "exclude") == TrialOutcome(
        S.COMPLETED, 0.5, {"dev_error": 0.5, "train_loss": 0.25}, 3, 5, 1.5, "all epochs trained", 1
    )


def test_value_and_metrics_are_means_and_the_best_epoch_is_replicate_0s() -> None:
    found = outcome([run(0, value=0.25), run(1, value=0.5, best_epoch=9, epochs=9, seconds=2.0)], "exclude")
    assert (found.value, found.metrics) == (0.375, {"dev_error": 0.375, "train_loss": 0.25})
    assert (found.best_epoch, found.epochs, found.seconds) == (3, 9, 3.5)


@pytest.mark.parametrize(
    ("states", "state"),
    [
        ((S.RUNNING, S.QUEUED, S.PAUSED), S.RUNNING),
        ((S.COMPLETED, S.QUEUED, S.PAUSED), S.QUEUED),
        ((S.COMPLETED, S.FAILED, S.PAUSED), S.PAUSED),
        ((S.COMPLETED, S.CANCELLED, S.FAILED), S.FAILED),
        ((S.DIVERGED, S.CANCELLED, S.PRUNED), S.CANCELLED),
        ((S.PRUNED, S.DIVERGED, S.COMPLETED), S.DIVERGED),
        ((S.PRUNED, S.COMPLETED, S.COMPLETED), S.PRUNED),
        ((S.COMPLETED, S.COMPLETED, S.COMPLETED), S.COMPLETED),
    ],
)
def test_a_trial_is_open_while_a_run_is_and_else_what_weighs_most(
    states: tuple[TrialState, ...], state: TrialState
) -> None:
    for order in permutations(states):
        assert outcome([run(number, one) for number, one in enumerate(order)], "exclude").state is state


def test_a_replicate_that_diverged_takes_the_value_away_unless_its_best_epoch_counts() -> None:
    runs = [run(0, value=0.25), run(1, S.DIVERGED, 0.75)]
    assert outcome(runs, "exclude").value is None
    assert outcome(runs, "best_epoch").value == 0.5


@pytest.mark.parametrize("state", [S.FAILED, S.CANCELLED])
def test_a_replicate_without_a_result_takes_the_value_away(state: TrialState) -> None:
    assert outcome([run(0), run(1, state, 0.5)], "best_epoch").value is None


def test_a_metric_that_any_replicate_lacks_has_no_mean() -> None:
    found = outcome([run(0), run(1, metrics={"train_loss": 0.75})], "exclude")
    assert found.metrics == {"dev_error": None, "train_loss": 0.5}


def test_reasons_are_told_by_replicate_where_they_differ() -> None:
    assert outcome([run(0, reason="early"), run(1, reason="early")], "exclude").reason == "early"
    runs = [run(0, reason="early"), run(1, reason="all epochs"), run(2, reason="early")]
    assert outcome(runs, "exclude").reason == "replicate 0, 2: early; replicate 1: all epochs"


def test_a_final_trial_keeps_its_state_and_late_replicates_change_its_value() -> None:
    late = [run(0, value=0.25), run(1, value=0.75)]
    found = outcome(late, "exclude", S.PRUNED)
    assert (found.state, found.value) == (S.PRUNED, 0.5)


def test_a_late_replicate_that_diverges_takes_the_value_of_a_final_trial_away() -> None:
    found = outcome([run(0), run(1, S.DIVERGED, None)], "exclude", S.COMPLETED)
    assert (found.state, found.value) == (S.COMPLETED, None)


@pytest.mark.parametrize("state", sorted(OPEN | {S.FAILED, S.CANCELLED}))
def test_a_late_replicate_without_a_result_changes_nothing(state: TrialState) -> None:
    late = run(1, state, 0.9, reason="lost", epochs=20)
    assert outcome([run(0), late], "exclude", S.COMPLETED) == outcome([run(0)], "exclude")


@pytest.mark.parametrize("state", sorted(OPEN | {S.FAILED, S.CANCELLED}))
def test_a_late_seed_counts_with_all_its_folds_or_not_at_all(state: TrialState) -> None:
    searched = [run(0, value=0.25), run(1, value=0.75)]
    second, third = [run(2, value=0.0), run(3, state)], [run(4, value=0.5), run(5, value=0.75)]
    assert outcome([*searched, *second], "exclude", S.COMPLETED, folds=2) == outcome(searched, "exclude")
    found = outcome([*searched, *second, *third], "exclude", S.COMPLETED, folds=2)
    assert (found.value, found.counted) == (0.5625, 4)


@given(st.sets(st.integers(0, 30)), st.integers(1, 6))
def test_of_whole_seeds_each_fold_is_there_equally_often(replicates: set[int], folds: int) -> None:
    whole = whole_seeds(replicates, folds)
    assert whole <= replicates
    assert len({sum(one % folds == fold for one in whole) for fold in range(folds)}) == 1
    lost = {one // folds for one in replicates - whole}
    assert all(not set(range(seed * folds, (seed + 1) * folds)) <= replicates for seed in lost)


@given(st.lists(st.tuples(st.sampled_from(sorted(set(S) - OPEN)), st.none() | st.just(0.5)), min_size=1, max_size=4))
def test_to_look_again_at_a_trial_that_ended_changes_nothing(ends: list[tuple[TrialState, float | None]]) -> None:
    runs = [run(number, state, value, reason=f"it {state}") for number, (state, value) in enumerate(ends)]
    first = outcome(runs, "exclude")
    assert outcome(runs, "exclude", first.state) == first


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=16), st.randoms(use_true_random=False))
def test_a_mean_is_the_same_in_any_order(values: list[float], chance: object) -> None:
    shuffled = sorted(values, key=lambda _: chance.random())  # type: ignore[attr-defined]  # hypothesis names no type
    assert mean(values) == mean(shuffled)
    assert mean(values) == pytest.approx(statistics.fmean(values), rel=1e-12, abs=1e-12)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_mean_of_one_value_is_that_value(value: float) -> None:
    assert mean([value]) == value
