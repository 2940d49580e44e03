"""Tests of reports and results: fenced, recorded once, never lost."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.states import SweepState, TrialState
from app.domain.sweeps import Objective
from app.domain.work import Diverged, Lease, Progress
from app.storage import Storage
from tests.app.storage.world import (
    START,
    SWEEP,
    add_sweep,
    claim,
    claim_one,
    drawn,
    finish,
    point,
    result,
)


def test_reported_epochs_are_stored_once_however_often_they_are_sent(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    lease = claim_one(storage).lease
    for epochs in ([point(1)], [point(1), point(2)], [point(2), point(1)]):
        assert storage.report([Progress(lease, epochs)]) == {lease}
    assert storage.curve(SWEEP, 0, 0, 10) == [point(1), point(2)]
    assert storage.trial(SWEEP, 0).epochs == 2


def test_a_report_under_a_stale_fence_changes_nothing(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    old = claim_one(storage).lease
    storage.lose_worker("w1", START)
    new = claim_one(storage, "w2").lease
    assert storage.report([Progress(old, [point(1)]), Progress(new, [])]) == {new}
    assert storage.curve(SWEEP, 0, 0, 10) == []


def test_a_result_is_recorded_with_its_metrics_and_the_rest_of_its_curve(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2))
    lease = claim_one(storage).lease
    storage.report([Progress(lease, [point(1)])])
    item = replace(
        result(lease, 0.25, curve=[point(1), point(2)]),
        metrics={"dev_error": 0.25, "train_loss": None, "test_error": 0.5},
    )
    assert storage.finish([item], {}, [], START).outcomes == ["recorded"]
    trial = storage.trial(SWEEP, 0)
    assert trial.state is TrialState.COMPLETED
    assert trial.metrics == {"dev_error": 0.25, "test_error": 0.5}
    assert (trial.value, trial.best_epoch, trial.epochs, trial.seconds) == (0.25, 1, 4, 0.5)
    assert (trial.reason, trial.finished_at) == ("trained to its end", START)
    assert storage.curve(SWEEP, 0, 0, 10) == [point(1), point(2)]


def test_the_same_result_again_is_repeated_and_another_fence_is_stale(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2))
    lease = claim_one(storage).lease
    assert finish(storage, lease, 0.25).outcomes == ["recorded"]
    assert finish(storage, lease, 0.75).outcomes == ["repeated"]
    assert finish(storage, replace(lease, fence=lease.fence + 1)).outcomes == ["stale"]
    assert finish(storage, Lease("swp_none", 0, 1)).outcomes == ["stale"]
    assert storage.trial(SWEEP, 0).value == 0.25


def test_a_late_writer_whose_lease_went_to_another_is_refused(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    old = claim_one(storage).lease
    storage.lose_worker("w1", START)
    new = claim_one(storage, "w2").lease
    assert new.fence > old.fence
    assert finish(storage, old, 0.125).outcomes == ["stale"]
    assert finish(storage, new, 0.25).outcomes == ["recorded"]
    assert finish(storage, old, 0.125).outcomes == ["stale"]
    assert storage.trial(SWEEP, 0).value == 0.25


def test_one_request_with_a_result_twice_records_it_once(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    item = result(claim_one(storage).lease)
    assert storage.finish([item, item], {}, [], START).outcomes == ["recorded", "repeated"]


def test_results_of_several_sweeps_and_states_travel_together(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 3))
    add_sweep(storage, drawn(0, 1), sweep="swp_2")
    leases = [item.lease for item in claim(storage, slots=4).claimed]
    items = [
        result(leases[0], 0.5),
        replace(result(leases[1], 0.125), state="diverged", reason="dev_loss is NaN in epoch 3"),
        replace(result(leases[2], 0.125), state="failed", reason="out of memory"),
        replace(result(leases[3], 0.25), state="pruned"),
    ]
    assert storage.finish(items, {}, [], START).outcomes == ["recorded"] * 4
    trials = [storage.trial(SWEEP, number) for number in range(3)]
    assert [trial.state for trial in trials] == ["completed", "diverged", "failed"]
    assert [trial.value for trial in trials] == [0.5, None, None]
    assert storage.trial("swp_2", 0).value == 0.25
    best = storage.sweep(SWEEP).best
    assert best is not None
    assert best.trial == 0


@pytest.mark.parametrize(
    ("diverged", "values", "kept"), [("exclude", [0.5, None], {0}), ("best_epoch", [0.5, 0.25], {1})]
)
def test_a_diverged_trial_is_ranked_by_its_best_epoch_where_the_objective_says_so(
    storage: Storage, diverged: Diverged, values: list[float | None], kept: set[int]
) -> None:
    add_sweep(storage, drawn(0, 2), keep_models=1, diverged=diverged)
    first, second = (item.lease for item in claim(storage, slots=2).claimed)
    late = replace(result(second, 0.25), state="diverged", reason="dev_loss became nan in epoch 4")
    storage.finish([result(first, 0.5), late], {first: b"four", second: b"more"}, [], START)
    trials = [storage.trial(SWEEP, number) for number in range(2)]

    assert [trial.value for trial in trials] == values
    assert (trials[1].state, trials[1].best_epoch, trials[1].metrics) == ("diverged", 1, {"dev_error": 0.25})
    assert {number for number in range(2) if storage.model(SWEEP, number) is not None} == kept
    best = storage.sweep(SWEEP).best
    assert best is not None
    assert {best.trial} == kept


def test_a_sweep_from_before_the_choice_leaves_diverged_trials_out(storage: Storage, tmp_path: Path) -> None:
    add_sweep(storage, drawn(0, 1), diverged="best_epoch")
    with sqlite3.connect(tmp_path / "logsweep.db") as file:
        file.execute("UPDATE sweeps SET spec = json_remove(spec, '$.objective.diverged')")
    lease = claim_one(storage).lease
    storage.finish([replace(result(lease, 0.25), state="diverged")], {}, [], START)

    assert storage.trial(SWEEP, 0).value is None
    assert storage.sweep(SWEEP).spec.objective == Objective("dev_error", diverged="exclude")


def test_the_last_result_completes_the_sweep(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2))
    first, second = (item.lease for item in claim(storage, slots=2).claimed)
    finish(storage, first)
    assert storage.sweep(SWEEP).state is SweepState.RUNNING
    finish(storage, second)
    sweep = storage.sweep(SWEEP)
    assert (sweep.state, sweep.reason) == (SweepState.COMPLETED, "all trials of the budget finished")
    assert sweep.finished_at == START


def test_a_sweep_with_trials_yet_to_draw_is_not_completed(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1), budget=2)
    finish(storage, claim_one(storage).lease)
    assert storage.sweep(SWEEP).state is SweepState.RUNNING


@pytest.mark.parametrize("value", [None, 0.5])
def test_results_after_a_cancellation_are_stale_and_the_reason_is_told(storage: Storage, value: float | None) -> None:
    add_sweep(storage, drawn(0, 2))
    lease = claim_one(storage).lease
    storage.cancel_sweep(SWEEP, START)
    assert storage.report([Progress(lease, [point(1)])]) == set()
    assert finish(storage, lease, value).outcomes == ["stale"]
    assert storage.trial(SWEEP, 0).state is TrialState.CANCELLED
    assert storage.stop_reasons([lease, Lease("swp_9", 0, 1)]) == {
        SWEEP: "the sweep is cancelled: cancelled on request",
        "swp_9": "there is no such sweep",
    }
