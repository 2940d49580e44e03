"""Tests of the trainer: segments in, epochs and results out."""

import math
from dataclasses import replace

import pytest

from app.domain.errors import Unavailable
from app.domain.uploads import SentFile, SentFiles, UploadForm
from app.domain.work import Diverged, Epoch, Lease, Result, Segment
from app.training.rules import CURRENT_RULES
from app.training.trainer import Trainer, epoch_of
from app.training.uploads import prepare_upload
from engine.population import Observation
from tests.app.training.segments import segment, table

DATA = {task: table(task) for task in ("binary", "multiclass", "regression")}
BY_SHA = {dataset.sha256: dataset for dataset in DATA.values()}


class Fetched:
    """A source of data sets that remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, name: str, sha256: str) -> bytes:
        assert name == "data"
        self.asked.append(sha256)
        return BY_SHA[sha256].content


def trainer_with(segments: list[Segment], source: Fetched | None = None) -> Trainer:
    trainer = Trainer(lambda: 0.0)
    trainer.add(segments, source or Fetched())
    return trainer


def finish(
    trainer: Trainer, keep_below: dict[str, float] | None = None
) -> tuple[dict[Lease, list[Epoch]], list[Result]]:
    curves: dict[Lease, list[Epoch]] = {}
    results: list[Result] = []
    while len(trainer):
        turn = trainer.train(keep_below or {})
        for lease, epoch in turn.epochs:
            curves.setdefault(lease, []).append(epoch)
        results += turn.results
    return curves, sorted(results, key=lambda result: result.lease.trial)


def test_segments_are_trained_to_their_results_with_a_curve_of_every_epoch() -> None:
    segments = [segment(DATA["binary"], trial, learning_rate=rate, epochs=3) for trial, rate in enumerate([0.1, 0.01])]
    curves, results = finish(trainer_with(segments))
    assert [result.lease for result in results] == [one.lease for one in segments]
    for result in results:
        assert (result.state, result.epochs, result.reason) == ("completed", 3, "all 3 epochs done")
        curve = curves[result.lease]
        assert [point.epoch for point in curve] == [1, 2, 3]
        assert result.best_epoch is not None
        best = curve[result.best_epoch - 1]
        assert result.metrics["dev_error"] == best.dev_error == min(point.dev_error or 0.0 for point in curve)
        assert set(result.metrics) == {"train_loss", "train_error", "dev_loss", "dev_error", "test_error"}
        assert result.weights is not None


def test_a_regression_reports_its_error_in_the_unit_of_the_target() -> None:
    curves, (result,) = finish(trainer_with([segment(DATA["regression"], metric="dev_rmse", epochs=2)]))
    assert set(result.metrics) == {"train_loss", "train_rmse", "dev_loss", "dev_rmse", "test_rmse"}
    assert 5.0 < (result.metrics["dev_rmse"] or 0.0) < 500.0
    assert all(point.dev_error is None for point in curves[result.lease])


def test_trials_of_other_structures_data_sets_and_inputs_train_side_by_side_with_the_bits_they_have_alone() -> None:
    segments = [
        segment(DATA["binary"], 0, epochs=3),
        segment(DATA["binary"], 1, epochs=3, optimizer="sgd"),
        segment(DATA["binary"], 2, epochs=3, normalize_inputs=False),
        segment(DATA["multiclass"], 3, epochs=2, hidden_units=[]),
    ]
    trainer = trainer_with(segments)
    assert trainer.cohorts() == sorted({one.cohort for one in segments})
    assert len(trainer.cohorts()) == 3
    curves, together = finish(trainer)
    for one, result in zip(segments, together, strict=True):
        alone = finish(trainer_with([one]))
        assert alone == ({one.lease: curves[one.lease]}, [result])
    assert trainer.cohorts() == []


def test_segments_of_older_rules_train_beside_newer_ones_on_inputs_made_by_their_own() -> None:
    # A flag that is 0 in train alone counts for nothing by the newer rules, and by the older ones as it did.
    lines = "".join(f"{index % 7},0,{index % 2}\n" for index in range(60))
    train, dev = (SentFile("t.csv", f"x,flag,y\n{rows}".encode()) for rows in (lines, "1,1000,0\n2,0,1\n"))
    dataset = prepare_upload(SentFiles(train, dev), UploadForm("data", "y"), max_table_bytes=1 << 20)
    both = [replace(segment(dataset, metric="dev_loss", epochs=2), rules=rules) for rules in (1, 2)]
    both = [replace(one, lease=replace(one.lease, trial=trial)) for trial, one in enumerate(both)]
    trainer = Trainer(lambda: 0.0)
    trainer.add(both, lambda *_: dataset.content)
    _, (old, new) = finish(trainer)
    for one, result in zip(both, (old, new), strict=True):
        alone = Trainer(lambda: 0.0)
        alone.add([one], lambda *_: dataset.content)
        assert finish(alone)[1] == [result]
    assert (old.metrics["dev_loss"] or 0.0) > 10 * (new.metrics["dev_loss"] or 0.0)


def test_a_data_set_is_fetched_once_however_many_trials_need_it() -> None:
    source = Fetched()
    trainer = trainer_with([segment(DATA["binary"], trial, epochs=1) for trial in range(3)], source)
    finish(trainer)
    trainer.add([segment(DATA["binary"], 3, epochs=1), segment(DATA["multiclass"], 4, epochs=1)], source)
    finish(trainer)
    assert source.asked == [DATA["binary"].sha256, DATA["multiclass"].sha256]


def test_a_dropped_trial_gives_no_more_epochs_and_unknown_leases_are_fine() -> None:
    stays, goes = (segment(DATA["binary"], trial, epochs=3) for trial in range(2))
    trainer = trainer_with([stays, goes])
    trainer.train({})
    trainer.drop([goes.lease, Lease("swp_other", 9, 1), replace(stays.lease, fence=0)])
    assert len(trainer) == 1
    curves, results = finish(trainer)
    assert set(curves) == {stays.lease}
    assert [result.lease for result in results] == [stays.lease]


def test_the_same_trial_under_a_new_fence_is_another_one() -> None:
    old = segment(DATA["binary"], 0, epochs=1)
    new = replace(old, lease=replace(old.lease, fence=2))
    _, results = finish(trainer_with([old, new]))
    assert {result.lease.fence for result in results} == {1, 2}
    assert results[0].metrics == results[1].metrics


def test_weights_above_the_limit_of_their_sweep_are_left_out() -> None:
    one = segment(DATA["binary"], 0, epochs=2)
    _, (free,) = finish(trainer_with([one]))
    value = free.metrics["dev_error"]
    assert value is not None
    below = math.nextafter(value, -1.0)
    for limits, kept in (({"swp_1": value}, True), ({"swp_1": below}, False), ({"swp_other": below}, True)):
        _, (result,) = finish(trainer_with([one]), limits)
        assert (result.weights is not None) is kept
        assert result.metrics == free.metrics


@pytest.mark.parametrize("diverged", ["exclude", "best_epoch"])
def test_a_trial_that_diverges_late_sends_its_best_epoch_and_weights_if_they_are_ranked(diverged: Diverged) -> None:
    late = segment(
        DATA["regression"], metric="dev_rmse", epochs=60, learning_rate=3.0, warmup_epochs=20.0, optimizer="sgd",
        hidden_units=[8],
    )  # fmt: skip
    endless = replace(late, early_stopping=None, diverged=diverged)
    curves, (result,) = finish(trainer_with([endless]))
    errors = [point.dev_rmse for point in curves[endless.lease][:-1]]
    assert result.state == "diverged"
    assert result.best_epoch is not None
    assert result.metrics["dev_rmse"] == errors[result.best_epoch - 1] == min(error or math.inf for error in errors)
    assert (result.weights is not None) is (diverged == "best_epoch")


def test_trials_of_old_and_new_rules_train_side_by_side_in_stacks_of_their_own_with_the_bits_they_have_alone() -> None:
    segments = [
        replace(segment(DATA["binary"], trial, epochs=3, batch_norm=True, batch_size=13), rules=rules)
        for trial, rules in enumerate([1, 2, 3, 1, 2, 3])
    ]
    trainer = trainer_with(segments)
    assert {lease.trial for lease, _ in trainer.train({}).epochs} in ({0, 3}, {1, 4}, {2, 5})
    _, together = finish(trainer_with(segments))
    for one, result in zip(segments, together, strict=True):
        _, (alone,) = finish(trainer_with([one]))
        assert (alone.weights, alone.metrics) == (result.weights, result.metrics)


def test_rules_to_come_are_refused_rather_than_trained_by_those_of_today() -> None:
    trainer = Trainer(lambda: 0.0)
    with pytest.raises(Unavailable, match=f"rules 99, and this worker knows up to {CURRENT_RULES}"):
        trainer.add([replace(segment(DATA["binary"]), rules=99)], Fetched())
    assert len(trainer) == 0


def test_a_diverging_trial_ends_with_its_reason_and_without_weights() -> None:
    wild = segment(
        DATA["regression"], metric="dev_rmse", epochs=50, learning_rate=1e6, optimizer="sgd", hidden_units=[8]
    )
    curves, (result,) = finish(trainer_with([wild]))
    assert (result.state, result.weights, result.best_epoch) == ("diverged", None, None)
    assert "became" in result.reason
    last = curves[wild.lease][-1]
    assert None in (last.train_loss, last.dev_loss, last.dev_rmse)


def test_an_error_in_a_stack_of_one_fails_its_trial_alone() -> None:
    # No curve of two classes has this metric, and the server would not have let it pass.
    broken = segment(DATA["binary"], 0, metric="dev_rmse", epochs=2, hidden_units=[3])
    sound = segment(DATA["binary"], 1, epochs=2)
    _, (failed, completed) = finish(trainer_with([broken, sound]))
    assert (failed.state, failed.metrics, failed.weights) == ("failed", {}, None)
    assert failed.reason == "training failed: KeyError: 'dev_rmse'"
    assert completed.state == "completed"


def test_an_error_in_a_larger_stack_is_raised_because_nobody_knows_whose_it_is() -> None:
    pair = [segment(DATA["binary"], trial, metric="dev_rmse", epochs=2) for trial in range(2)]
    with pytest.raises(KeyError, match="dev_rmse"):
        trainer_with(pair).train({})


def test_without_work_a_turn_is_empty() -> None:
    turn = Trainer(lambda: 0.0).train({})
    assert (list(turn.epochs), list(turn.results)) == ([], [])


def test_a_data_set_that_cannot_be_fetched_leaves_nothing_behind() -> None:
    trainer = Trainer(lambda: 0.0)

    def lost(name: str, sha256: str) -> bytes:
        raise ConnectionError(f"{name} {sha256}")

    with pytest.raises(ConnectionError):
        trainer.add([segment(DATA["binary"])], lost)
    assert (len(trainer), trainer.cohorts()) == (0, [])


def test_segments_beyond_the_memory_wait_until_others_have_ended() -> None:
    segments = [segment(DATA["binary"], trial, epochs=2) for trial in range(3)]
    _, together = finish(trainer_with(segments))
    tight = Trainer(lambda: 0.0, memory=1)
    tight.add(segments, Fetched())
    turns = [{lease.trial for lease, _ in tight.train({}).epochs} for _ in range(4)]

    assert turns == [{0}, {0}, {1}, {1}]
    assert len(tight) == 1
    _, last = finish(tight)
    assert last[0].metrics == together[2].metrics


def test_a_waiting_segment_can_be_dropped() -> None:
    segments = [segment(DATA["binary"], trial, epochs=2) for trial in range(2)]
    tight = Trainer(lambda: 0.0, memory=1)
    tight.add(segments, Fetched())
    tight.drop([segments[1].lease])
    _, results = finish(tight)

    assert [result.lease.trial for result in results] == [0]


def test_a_network_that_memory_cannot_hold_fails_alone_with_its_reason() -> None:
    trainer = trainer_with([segment(DATA["binary"], hidden_units=[10**9, 10**9])])
    _, (result,) = finish(trainer)

    assert result.state == "failed"
    assert "MemoryError" in result.reason


def test_gradient_norms_travel_with_their_epoch_and_null_stands_for_what_is_not_finite() -> None:
    values = {"train_loss": 0.5, "dev_loss": math.inf, "dev_error": 0.25}
    seen = Observation(3, values, 0.125, (0.5, math.inf, math.nan))
    assert epoch_of(seen) == Epoch(3, 0.5, None, 0.25, None, 0.125, [0.5, None, None])
    assert epoch_of(replace(seen, gradient_norms=())).gradient_norms is None
