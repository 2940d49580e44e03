"""Whose weights leave a worker, against a ranking of everything that was ever trained."""

from hypothesis import given
from hypothesis import strategies as st

from app.domain.work import Keep, Lease, LeasedRun, Rank
from app.trainer.keeping import Candidate, wanted


def candidate(trial: int, value: float, state: str = "completed", replicate: int = 0) -> Candidate:
    lease = Lease(trial, 1)
    run = LeasedRun(lease, "swp_1", trial, replicate, "data", "0" * 64, 1, {}, "dev_error", "minimize", None, 5, "a", 3)
    return Candidate(run, state, value)


VALUES = st.sampled_from([0.1, 0.2, 0.3, 0.4])
ENDED = st.lists(VALUES, max_size=12).map(lambda values: [candidate(n, value) for n, value in enumerate(values)])


@given(ENDED, st.integers(0, 4))
def test_of_runs_that_end_together_just_the_best_are_wanted_by_value_then_trial(
    ended: list[Candidate], models: int
) -> None:
    best = sorted(ended, key=lambda one: (one.cost, one.run.trial))[:models]
    assert wanted(ended, {"swp_1": Keep(models)}) == {one.run.trial for one in best}


@given(ENDED, ENDED, st.integers(1, 4))
def test_nothing_that_ranks_among_the_kept_in_the_end_is_left_out(
    before: list[Candidate], now: list[Candidate], models: int
) -> None:
    later = [candidate(one.run.trial + 100, one.cost) for one in now]
    ranked = sorted(before, key=lambda one: (one.cost, one.run.trial))
    last = Rank(ranked[models - 1].cost, ranked[models - 1].run.trial) if len(ranked) >= models else None
    kept = sorted([*before, *later], key=lambda one: (one.cost, one.run.trial))[:models]
    due = {one.run.trial for one in kept if one.run.trial >= 100}
    assert due <= wanted(later, {"swp_1": Keep(models, last)})


def test_a_paused_run_is_wanted_unless_enough_that_ended_are_better_or_its_bound_says_so() -> None:
    together = [
        candidate(0, 0.1),
        candidate(1, 0.2, "paused"),
        candidate(2, 0.05, "paused"),
        candidate(3, 0.3, "paused"),
    ]
    assert wanted(together, {"swp_1": Keep(1)}) == {0, 2}
    assert wanted(together, {"swp_1": Keep(2)}) == {0, 1, 2, 3}
    assert wanted(together, {"swp_1": Keep(2, Rank(0.0, 9), Rank(0.2, 1))}) == {1, 2}


def test_of_runs_that_pause_together_some_more_are_wanted_than_are_kept_as_the_first_may_diverge() -> None:
    together = [candidate(n, 0.1 * n, "paused") for n in range(9)]
    assert wanted(together, {"swp_1": Keep(2)}) == {0, 1, 2, 3}


def test_only_the_first_replicate_has_a_model_and_then_always_as_its_own_value_tells_nothing() -> None:
    together = [candidate(n, 0.1 * n, replicate=n % 2) for n in range(6)]
    assert wanted(together, {"swp_1": Keep(1, Rank(0.0, 9), replicates=2)}) == {0, 2, 4}


def test_without_bounds_all_that_may_be_ranked_are_wanted() -> None:
    together = [candidate(0, 0.1), candidate(1, 0.2, "diverged"), candidate(2, 0.3, "paused")]
    assert wanted(together, {}) == {0, 2}
