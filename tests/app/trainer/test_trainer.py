"""Tests of the trainer: runs in, epochs, results and weights out; what fails, and what memory has no room for."""

import math
from dataclasses import replace

import numpy as np
import pytest

from app.contract.metrics import measures_of
from app.contract.rules import CURRENT_RULES
from app.domain.errors import Unavailable
from app.domain.uploads import SentFile, SentFiles, UploadForm
from app.domain.work import Decision, Diverged, Epoch, Keep, Lease, Rank
from app.preparation.uploads import prepare_upload
from app.trainer.loading import RunLoader
from app.trainer.trainer import StackFailedError, Trainer, epoch_of
from engine.data import Dataset
from engine.data.cross_validation import fold_of, whole_of
from engine.population import Observation
from tests.app.trainer.runs import Stored, add, run, stops
from tests.app.trainer.training import DATA, again, finish, loader, trainer_with


def test_runs_are_trained_to_their_results_with_a_curve_of_every_epoch() -> None:
    runs = [run(DATA["binary"], trial, learning_rate=rate, epochs=3) for trial, rate in enumerate([0.1, 0.01])]
    curves, stopped = finish(trainer_with(runs))
    assert [one.result.lease for one in stopped] == [one.lease for one in runs]
    for one in stopped:
        result = one.result
        assert (result.state, result.epochs, result.reason) == ("completed", 3, "all 3 epochs done")
        curve = curves[result.lease]
        assert [point.epoch for point in curve] == [1, 2, 3]
        assert result.best_epoch is not None
        best = curve[result.best_epoch - 1]
        errors = [point.metrics["dev_error"] or 0.0 for point in curve]
        assert result.metrics["dev_error"] == best.metrics["dev_error"] == min(errors)
        judged = {measure.name for measure in measures_of("binary") if measure.part != "train"}
        assert set(result.metrics) == judged | {"train_loss", "train_error", "train_accuracy"}
        assert one.weights is not None


def test_a_regression_reports_its_error_in_the_unit_of_the_target() -> None:
    curves, (stopped,) = finish(trainer_with([run(DATA["regression"], metric="dev_rmse", epochs=2)]))
    result = stopped.result
    judged = {measure.name for measure in measures_of("regression") if measure.part != "train"}
    assert set(result.metrics) == judged | {"train_loss", "train_rmse"}
    assert 5.0 < (result.metrics["dev_rmse"] or 0.0) < 500.0
    assert all("dev_error" not in point.metrics for point in curves[result.lease])


def test_trials_of_other_structures_data_sets_and_inputs_train_side_by_side_with_the_bits_they_have_alone() -> None:
    runs = [
        run(DATA["binary"], 0, epochs=3),
        run(DATA["binary"], 1, epochs=3, optimizer="sgd"),
        run(DATA["binary"], 2, epochs=3, normalize_inputs=False),
        run(DATA["multiclass"], 3, epochs=2, hidden_units=[]),
    ]
    curves, together = finish(trainer_with(runs))
    for one, stopped in zip(runs, together, strict=True):
        alone = finish(trainer_with([one]))
        assert alone == ({one.lease: curves[one.lease]}, [stopped])


def test_replicates_of_a_trial_differ_and_the_first_has_the_bits_of_a_trial_without_any() -> None:
    first = run(DATA["binary"], 4, epochs=2)
    second = replace(first, lease=Lease(5, 1), replicate=1)
    curves, _ = finish(trainer_with([first, second]))
    assert finish(trainer_with([first]))[0] == {first.lease: curves[first.lease]}
    assert curves[first.lease][0].metrics["train_loss"] != curves[second.lease][0].metrics["train_loss"]


def test_each_run_of_a_fold_trains_on_the_others_with_the_seed_of_its_replicate() -> None:
    data = DATA["multiclass"]
    first = run(data, 0, epochs=3)
    runs = [replace(first, lease=Lease(number, 1), replicate=number, folds=3) for number in range(6)]
    _, together = finish(trainer_with(runs))
    assert len({one.result.metrics["dev_loss"] for one in together}) == 6
    for one, beside in zip(runs, together, strict=True):
        _, (alone,) = finish(trainer_with([one]))
        assert alone.result.metrics == beside.result.metrics
    second = replace(data, source=fold_of(Dataset.from_bytes(data.content), 3, 1).to_bytes())
    for number, seed in ((1, 0), (4, 1)):
        trainer = Trainer(lambda: 0.0)
        add(trainer, [replace(first, replicate=seed)], RunLoader(Stored(second)))
        _, (plain,) = finish(trainer)
        assert plain.result.metrics == together[number].result.metrics


def test_a_run_that_trains_on_dev_too_is_that_of_a_data_set_of_both_and_tells_nothing_of_dev() -> None:
    data = DATA["regression"]
    one = replace(run(data, 3, epochs=3, metric="train_loss"), train_on_dev=True)
    curves, (stopped,) = finish(trainer_with([run(data, 4, epochs=3), one]))[0], finish(trainer_with([one]))[1]
    dataset = Dataset.from_bytes(data.content)
    both = whole_of(dataset)
    assert len(both.y_train) == len(dataset.y_train) + len(dataset.y_dev)
    trainer = Trainer(lambda: 0.0)
    add(trainer, [replace(one, train_on_dev=False)], RunLoader(Stored(replace(data, source=both.to_bytes()))))
    _, (plain,) = finish(trainer)
    assert stopped.weights == plain.weights
    assert stopped.result.metrics["test_rmse"] == plain.result.metrics["test_rmse"]
    told = {*stopped.result.metrics, *(name for point in curves[one.lease] for name in point.metrics)}
    assert "train_loss" in told
    assert not [name for name in told if name.startswith("dev_")]


def test_runs_of_older_rules_train_beside_newer_ones_on_inputs_made_by_their_own() -> None:
    # A flag that is 0 in train alone counts for nothing by the newer rules, and by the older ones as it did.
    lines = "".join(f"{index % 7},0,{index % 2}\n" for index in range(60))
    train, dev = (SentFile("t.csv", f"x,flag,y\n{rows}".encode()) for rows in (lines, "1,1000,0\n2,0,1\n"))
    dataset = prepare_upload(SentFiles(train, dev), UploadForm("data", "y"), max_table_bytes=1 << 20)
    both = [replace(run(dataset, rules - 1, metric="dev_loss", epochs=2), rules=rules) for rules in (1, 2)]
    trainer = Trainer(lambda: 0.0)
    add(trainer, both, RunLoader(Stored(dataset)))
    old, new = together = stops(trainer)
    for one, stopped in zip(both, together, strict=True):
        alone = Trainer(lambda: 0.0)
        add(alone, [one], RunLoader(Stored(dataset)))
        assert stops(alone) == [stopped]
    assert (old.result.metrics["dev_loss"] or 0.0) > 10 * (new.result.metrics["dev_loss"] or 0.0)


def test_a_data_set_is_fetched_once_however_many_trials_need_it() -> None:
    source = Stored(*DATA.values())
    loading, trainer = RunLoader(source), Trainer(lambda: 0.0)
    add(trainer, [run(DATA["binary"], trial, epochs=1) for trial in range(3)], loading)
    add(trainer, [run(DATA["binary"], 3, epochs=1), run(DATA["multiclass"], 4, epochs=1)], loading)
    assert source.asked == [DATA["binary"].sha256, DATA["multiclass"].sha256]


def test_a_stopped_run_gives_no_more_epochs_and_unknown_leases_are_fine() -> None:
    stays, goes = (run(DATA["binary"], trial, epochs=3) for trial in range(2))
    trainer = trainer_with([stays, goes])
    trainer.train({})
    strangers = [goes.lease, Lease(9, 1), replace(stays.lease, fence=0)]
    assert trainer.obey([Decision(lease, "stop") for lease in strangers], {}).stopped == []
    assert len(trainer) == 1
    curves, stopped = finish(trainer)
    assert set(curves) == {stays.lease}
    assert [one.result.lease for one in stopped] == [stays.lease]


def test_a_run_that_comes_back_while_it_is_in_training_under_an_old_lease_starts_anew() -> None:
    old = run(DATA["binary"], 0, epochs=2)
    new = again(old, to_epoch=2)
    trainer = trainer_with([old])
    trainer.train({})
    add(trainer, [new], loader())
    curves, stopped = finish(trainer)
    assert [one.result.lease for one in stopped] == [new.lease]
    assert [point.epoch for point in curves[new.lease]] == [1, 2]


# Telling of runs that stopped


# Pauses


# Checkpoints


# Weights


def test_weights_above_the_bound_of_their_sweep_are_left_out() -> None:
    one = run(DATA["binary"], 0, epochs=2)
    (free,) = stops(trainer_with([one]))
    value = free.result.metrics["dev_error"]
    assert value is not None
    below = math.nextafter(value, -1.0)
    for sweep, bound, kept in (("swp_1", value, True), ("swp_1", below, False), ("swp_other", below, True)):
        (stopped,) = stops(trainer_with([one]), {sweep: Keep(1, Rank(bound, 0))})
        assert (stopped.weights is not None) is kept
        assert stopped.result.metrics == free.result.metrics


def test_of_a_maximised_metric_the_highest_epoch_counts_and_weights_below_the_bound_are_left_out() -> None:
    one = replace(run(DATA["binary"], metric="dev_auc", epochs=4), direction="maximize", early_stopping=None)
    curves, (free,) = finish(trainer_with([one]))
    values = [point.metrics["dev_auc"] or 0.0 for point in curves[one.lease]]
    best = free.result.metrics["dev_auc"]
    assert best == max(values) == values[(free.result.best_epoch or 0) - 1]
    for bound, kept in ((-best, True), (math.nextafter(-best, -1.0), False)):
        (stopped,) = stops(trainer_with([one]), {one.sweep: Keep(1, Rank(bound, 0))})
        assert (stopped.weights is not None) is kept


def test_weights_are_raw_little_endian_numbers() -> None:
    (stopped,) = stops(trainer_with([run(DATA["binary"], 0, epochs=1, hidden_units=[])]))
    assert stopped.weights is not None
    row = np.frombuffer(stopped.weights, "<f4")
    assert np.isfinite(row).all()
    assert len(row) == DATA["binary"].features + 1


@pytest.mark.parametrize("diverged", ["exclude", "best_epoch"])
def test_a_trial_that_diverges_late_sends_its_best_epoch_and_weights_if_they_are_ranked(diverged: Diverged) -> None:
    late = run(
        DATA["regression"], metric="dev_rmse", epochs=60, learning_rate=3.0, warmup_epochs=20.0, optimizer="sgd",
        hidden_units=[8],
    )  # fmt: skip
    endless = replace(late, early_stopping=None, diverged=diverged)
    curves, (stopped,) = finish(trainer_with([endless]))
    result, errors = stopped.result, [point.metrics["dev_rmse"] for point in curves[endless.lease][:-1]]
    assert result.state == "diverged"
    assert result.best_epoch is not None
    assert result.metrics["dev_rmse"] == errors[result.best_epoch - 1] == min(error or math.inf for error in errors)
    assert (stopped.weights is not None) is (diverged == "best_epoch")


# Errors


def test_trials_of_old_and_new_rules_train_side_by_side_in_stacks_of_their_own_with_the_bits_they_have_alone() -> None:
    runs = [
        replace(run(DATA["binary"], trial, epochs=3, batch_norm=True, batch_size=13), rules=rules)
        for trial, rules in enumerate([1, 2, 3, 1, 2, 3])
    ]
    trainer = trainer_with(runs)
    assert {lease.run for lease, _ in trainer.train({}).epochs} in ({0, 3}, {1, 4}, {2, 5})
    for one, stopped in zip(runs, stops(trainer_with(runs)), strict=True):
        (alone,) = stops(trainer_with([one]))
        assert (alone.weights, alone.result.metrics) == (stopped.weights, stopped.result.metrics)


def test_rules_to_come_are_refused_rather_than_trained_by_those_of_today() -> None:
    with pytest.raises(Unavailable, match=f"rules 99, and this worker knows up to {CURRENT_RULES}"):
        loader().load(replace(run(DATA["binary"]), rules=99), parked=False)


def test_hyperparameters_of_another_version_are_refused_rather_than_guessed() -> None:
    one = run(DATA["binary"])
    more = replace(one, params={**one.params, "dropconnect": 0.5})
    less = replace(one, params={name: value for name, value in one.params.items() if name != "clip_norm"})

    with pytest.raises(Unavailable, match="hyperparameters that this worker does not know: dropconnect"):
        loader().load(more, parked=False)
    with pytest.raises(Unavailable, match="does not say hyperparameters that this worker needs: clip_norm"):
        loader().load(less, parked=False)


def test_a_diverging_trial_ends_with_its_reason_and_without_weights() -> None:
    wild = run(DATA["regression"], metric="dev_rmse", epochs=50, learning_rate=1e6, optimizer="sgd", hidden_units=[8])
    curves, (stopped,) = finish(trainer_with([wild]))
    assert (stopped.result.state, stopped.weights, stopped.result.best_epoch) == ("diverged", None, None)
    assert "became" in stopped.result.reason
    last = curves[wild.lease][-1]
    assert None in last.metrics.values()


class BrokenClock:
    """A clock that cannot be read the next time if it is broken."""

    def __init__(self, *, broken: bool = True) -> None:
        self.broken = broken

    def __call__(self) -> float:
        if self.broken:
            self.broken = False
            raise OSError("no clock")
        return 0.0


def test_an_error_in_a_stack_of_one_fails_its_trial_alone() -> None:
    first = run(DATA["binary"], 0, epochs=2, hidden_units=[3])
    second = run(DATA["binary"], 1, epochs=2)
    failed, completed = stops(trainer_with([first, second], clock=BrokenClock()))
    assert (failed.result.state, failed.result.metrics, failed.weights) == ("failed", {}, None)
    assert failed.result.reason == "training failed: OSError: no clock"
    assert completed.result.state == "completed"


def test_an_error_in_a_larger_stack_is_raised_because_nobody_knows_whose_it_is() -> None:
    pair = [run(DATA["binary"], trial, epochs=2) for trial in range(2)]
    with pytest.raises(StackFailedError, match="no clock") as raised:
        trainer_with(pair, clock=BrokenClock()).train({})
    assert raised.value.leases == [one.lease for one in pair]
    assert "a stack of 2 failed in training: OSError" in raised.value.reason


def test_what_stopped_before_a_stack_failed_is_told_with_its_error() -> None:
    short = run(DATA["binary"], 2, epochs=1, hidden_units=[3])
    clock = BrokenClock(broken=False)
    trainer = trainer_with([short, *(run(DATA["binary"], trial, epochs=9) for trial in range(2))], clock=clock)
    trainer.train({}), trainer.train({})
    clock.broken = True
    with pytest.raises(StackFailedError) as raised:
        trainer.train({})
    assert [one.result.lease for one in raised.value.stopped] == [short.lease]


def test_a_run_whose_objective_its_data_has_not_goes_back_with_the_reason() -> None:
    turn = trainer_with([run(DATA["binary"], 0, metric="dev_rmse", epochs=2)]).train({})
    (back,) = turn.given_back
    assert back.ending == "refused"
    assert 'The objective is "dev_rmse", and for this data set it must be one of train_loss, dev_loss' in str(
        back.reason
    )


def test_without_work_a_turn_is_empty() -> None:
    turn = Trainer(lambda: 0.0).train({})
    assert (list(turn.epochs), list(turn.stopped), list(turn.given_back)) == ([], [], [])


def test_runs_beyond_the_memory_wait_until_others_have_ended() -> None:
    runs = [run(DATA["binary"], trial, epochs=2) for trial in range(3)]
    together = stops(trainer_with(runs))
    tight = trainer_with(runs, memory=1)
    turns = [{lease.run for lease, _ in tight.train({}).epochs} for _ in range(4)]

    assert turns == [{0}, {0}, {1}, {1}]
    assert len(tight) == 1
    assert stops(tight)[0].result.metrics == together[2].result.metrics


def test_a_waiting_run_can_be_stopped() -> None:
    runs = [run(DATA["binary"], trial, epochs=2) for trial in range(2)]
    tight = trainer_with(runs, memory=1)
    tight.obey([Decision(runs[1].lease, "stop")], {})

    assert [one.result.lease.run for one in stops(tight)] == [0]


def test_a_network_that_memory_cannot_hold_goes_back_alone_with_its_reason() -> None:
    runs = [run(DATA["binary"], 0, hidden_units=[10**9, 10**9]), run(DATA["binary"], 1, epochs=1)]
    trainer = trainer_with(runs, memory=1 << 80)
    turn = trainer.train({})

    (refused,) = turn.given_back
    assert (refused.lease, refused.ending) == (runs[0].lease, "refused")
    assert "MemoryError" in (refused.reason or "")
    assert [one.result.state for one in turn.stopped] == ["completed"]


def test_gradient_norms_travel_with_their_epoch_and_null_stands_for_what_is_not_finite() -> None:
    values = {"train_loss": 0.5, "dev_loss": math.inf, "dev_error": 0.25}
    seen = Observation(3, values, 0.125, (0.5, math.inf, math.nan))
    assert epoch_of(seen) == Epoch(3, {**values, "dev_loss": None}, 0.125, [0.5, None, None])
    assert epoch_of(replace(seen, gradient_norms=())).gradient_norms is None
