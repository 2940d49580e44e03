"""What every storage must do with the queue of runs: through the protocol alone, no SQL."""

import hashlib
from dataclasses import replace
from datetime import timedelta

from app.domain.plan import Draw, End, Need, RunView, Train
from app.domain.states import SweepState, TrialState
from app.domain.work import CheckpointRef, Epoch, GivenBack, Lease, Metrics, ModelRef, Progress, Result
from app.storage import Storage
from tests.app.storage.world import (
    HORIZON,
    START,
    SWEEP,
    TERM,
    add_sweep,
    claim,
    claim_one,
    drawn,
    finish,
    make,
    paused,
    point,
    result,
)

LATE = START + TERM + timedelta(seconds=1)


def report(storage: Storage, lease: Lease, *numbers: int, worker: str = "w1") -> str:
    (decision,) = storage.report(worker, [Progress(lease, [point(number) for number in numbers])], START).result()
    return decision.decision


def outcome(storage: Storage, lease: Lease, worker: str = "w1") -> str:
    return storage.finish(worker, [result(lease)], [], START).outcomes[0][0]


def curve(storage: Storage, number: int = 0) -> list[int]:
    return [one.epoch for one in storage.curve(SWEEP, number, 0, 0, 100)]


def test_a_run_is_leased_to_one_worker_alone(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2))
    first, second = claim(storage, "w1", 1).claimed + claim(storage, "w2", 2).claimed
    assert {first.trial, second.trial} == {0, 1}
    nothing = claim(storage, "w3", 2)
    assert (nothing.claimed, nothing.held_back) == ([], False)


def test_a_worker_that_gets_nothing_though_some_wait_was_held_back(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 4))
    claim(storage, "w1", 2)
    more = claim(storage, "w1", 2, live=2)
    assert (more.claimed, more.held_back) == ([], True)
    assert claim(storage, "w2", 2, live=2).claimed


def test_a_claim_tells_what_to_train_and_how_many_runs_still_wait(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 3))
    grant = claim(storage)
    (claimed,) = grant.claimed
    assert (claimed.sweep, claimed.trial, claimed.replicate) == (SWEEP, 0, 0)
    assert (claimed.params, claimed.cohort, claimed.to_epoch) == ({"l2": 0.0}, "c0", 4)
    assert claimed.checkpoint is None
    assert grant.waiting == {SWEEP: 2}
    assert storage.trial(SWEEP, 0).state is TrialState.RUNNING
    assert storage.trial(SWEEP, 0).started_at == START
    assert storage.sweep(SWEEP).started_at == START


def test_a_paused_sweep_hands_out_nothing_and_asks_for_what_is_in_training(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2))
    lease = claim_one(storage).lease
    storage.pause_sweep(SWEEP)
    nothing = claim(storage, "w2")
    assert (nothing.claimed, nothing.held_back) == ([], False)
    assert report(storage, lease, 1) == "pause"
    assert storage.finish("w1", [paused(lease, 0.5, 1)], [], START).outcomes == [("recorded", None)]
    assert storage.trial(SWEEP, 0).state is TrialState.PAUSED
    storage.resume_sweep(SWEEP)
    again = claim_one(storage)
    assert (again.lease.run, again.lease.fence) == (lease.run, lease.fence + 1)


def test_a_pause_that_comes_late_goes_back_to_the_queue(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    lease = claim_one(storage).lease
    storage.pause_sweep(SWEEP)
    storage.resume_sweep(SWEEP)
    storage.finish("w1", [paused(lease, 0.5, 1)], [], START)
    assert storage.trial(SWEEP, 0).state is TrialState.QUEUED
    assert claim_one(storage).lease.fence == lease.fence + 1


def test_fences_rise_over_pauses_losses_and_releases(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    fences = []
    for ending in ("released", "refused"):
        lease = claim_one(storage).lease
        fences.append(lease.fence)
        storage.release("w1", [GivenBack(lease, ending)], START)
    fences.append(claim_one(storage, "w2").lease.fence)
    assert storage.lose_expired(LATE) == {"w2": 1}
    lease = claim_one(storage, "w3", LATE).lease
    fences.append(lease.fence)
    storage.finish("w3", [paused(lease, 0.5, 4)], [], LATE)
    assert make(storage, Train([RunView(lease.run, 0, 0, TrialState.PAUSED, 4, 4, 0.5)], 8, 1, "up"))
    fences.append(claim_one(storage, "w3", LATE).lease.fence)
    assert fences == [1, 2, 3, 4, 5]


def test_a_straggler_of_one_round_is_stale_in_the_next(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1), round_=1)
    lease = claim_one(storage).lease
    storage.finish("w1", [paused(lease, 0.5, 4)], [], START)
    assert make(storage, Train([RunView(lease.run, 0, 0, TrialState.PAUSED, 4, 4, 0.5)], 8, 2, "up"))
    newer = claim_one(storage, "w2").lease
    assert report(storage, lease, 5) == "stop"
    assert storage.finish("w1", [result(lease)], [], START).outcomes[0][0] == "repeated"
    assert storage.trial(SWEEP, 0).state is TrialState.RUNNING
    assert report(storage, newer, 5, worker="w2") == "continue"


def test_another_workers_report_finish_release_and_heartbeat_of_a_lease_change_nothing(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    lease = claim_one(storage, "w1").lease
    before = storage.trial(SWEEP, 0)
    assert report(storage, lease, 1, worker="w2") == "stop"
    assert outcome(storage, lease, "w2") == "stale"
    assert storage.release("w2", [GivenBack(lease)], START)[0].decision == "stop"
    assert storage.heartbeat("w2", [lease], LATE)[0].decision == "stop"
    assert storage.trial(SWEEP, 0) == before
    assert curve(storage) == []
    assert outcome(storage, lease, "w1") == "recorded"


def test_a_result_is_recorded_once_and_then_repeated(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    lease = claim_one(storage).lease
    twice = storage.finish("w1", [result(lease, 0.25), result(lease, 0.75)], [], START)
    assert [one for one, _ in twice.outcomes] == ["recorded", "repeated"]
    assert outcome(storage, lease) == "repeated"
    assert outcome(storage, lease, "w2") == "stale"
    trial = storage.trial(SWEEP, 0)
    assert (trial.state, trial.value, trial.epochs) == (TrialState.COMPLETED, 0.25, 4)
    assert len(storage.attempts(SWEEP, 0)) == 1


def test_epochs_that_leave_a_gap_are_refused_for_their_run_alone(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2))
    first, second = (one.lease for one in claim(storage, slots=2).claimed)
    decisions = storage.report("w1", [Progress(first, [point(2)]), Progress(second, [point(1)])], START).result()
    assert [one.decision for one in decisions] == ["stop", "continue"]
    assert "epoch 2 cannot follow epoch 0" in (decisions[0].reason or "")
    (attempt, *_) = storage.attempts(SWEEP, 0)
    assert (attempt.ending, attempt.ended_at) == ("refused", START)
    assert "epoch 2 cannot follow epoch 0" in (attempt.reason or "")
    again = claim_one(storage, "w2").lease
    ((told, reason),) = storage.finish("w2", [result(again, curve=[point(1)])], [], START).outcomes
    assert told == "refused"
    assert "without a gap, from 1 on" in (reason or "")
    assert outcome(storage, second) == "recorded"
    assert (curve(storage, 0), curve(storage, 1)) == ([], [1, 2, 3, 4])


def test_epochs_beyond_what_was_asked_for_are_refused(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    claimed = claim_one(storage)
    whole = [point(number) for number in range(1, claimed.to_epoch + 2)]
    ((told, reason),) = storage.finish("w1", [result(claimed.lease, curve=whole)], [], START).outcomes
    assert told == "refused"
    assert f"epoch {claimed.to_epoch + 1} lies beyond" in (reason or "")


def test_a_model_of_another_size_than_is_here_is_refused(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    lease = claim_one(storage).lease
    sha256 = hashlib.sha256(b"abcd").hexdigest()
    storage.add_artifact(sha256, b"abcd", START)
    item = result(lease)
    for size, expected in ((8, "refused"), (4, "recorded")):
        sent = replace(item, model=ModelRef(sha256, size))
        assert storage.finish("w1", [sent], [], START).outcomes[0][0] == expected


def test_a_requeue_keeps_the_epochs_and_those_that_come_again_replace_them(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    lease = claim_one(storage).lease
    report(storage, lease, 1, 2)
    storage.lose_worker("w1", "signal", "killed by signal 9", START)
    assert storage.trial(SWEEP, 0).epochs == 2
    again = claim_one(storage, "w2").lease
    other = replace(point(1), metrics={**point(1).metrics, "train_loss": 0.375})
    storage.report("w2", [Progress(again, [other])], START).result()
    assert storage.curve(SWEEP, 0, 0, 0, 9)[0].metrics["train_loss"] == 0.375
    storage.release("w2", [GivenBack(again)], START)
    lost, released = storage.attempts(SWEEP, 0)
    assert (lost.ending, lost.reason, lost.epochs) == ("signal", "killed by signal 9", 2)
    assert "epoch 1 came out otherwise than before: train_loss 0.375, not 1.0" in (released.reason or "")


def test_a_checkpoint_is_told_to_the_next_holder_if_its_epochs_are_stored(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    lease = claim_one(storage).lease
    kept, too_new = CheckpointRef(1, "aa" * 32, 5), CheckpointRef(3, "bb" * 32, 5)
    storage.report("w1", [Progress(lease, [point(1)], kept)], START).result()
    storage.report("w1", [Progress(lease, [], too_new)], START).result()
    storage.release("w1", [GivenBack(lease)], START)
    assert claim_one(storage, "w2").checkpoint == kept


def test_a_result_whose_model_is_not_here_is_refused_until_it_is(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    lease = claim_one(storage).lease
    item = replace(result(lease), model=ModelRef("ab" * 32, 4))
    ((word, reason),) = storage.finish("w1", [item], [], START).outcomes
    assert word == "refused"
    assert f"PUT /v1/work/artifacts/{'ab' * 32}" in (reason or "")
    assert storage.trial(SWEEP, 0).state is TrialState.RUNNING
    assert finish(storage, lease, weights=b"1234").outcomes[0][0] == "recorded"
    assert storage.model(SWEEP, 0) is not None


def test_losses_alone_are_fatal_in_the_end_and_progress_forgives_them(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    for _ in range(2):
        claim_one(storage)
        assert storage.lose_worker("w1", "signal", "killed", START) == 1
    report(storage, claim_one(storage).lease, 1)
    for _ in range(2):
        storage.lose_worker("w1", "signal", "killed", START)
        claim_one(storage)
    assert storage.trial(SWEEP, 0).state is TrialState.RUNNING
    storage.lose_worker("w1", "signal", "killed", START)
    trial = storage.trial(SWEEP, 0)
    assert (trial.state, trial.reason) == (TrialState.FAILED, "lost 3 times while alone")


def test_what_the_server_itself_ended_is_nobodys_fault(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 2))
    for _ in range(6):
        local, far = claim_one(storage, "local-1"), claim_one(storage, "far")
        storage.recover("local-", START, LATE + TERM)
        assert storage.heartbeat("far", [far.lease], LATE)[0].decision == "continue"
        assert storage.heartbeat("local-1", [local.lease], LATE)[0].decision == "stop"
        storage.release("far", [GivenBack(far.lease)], START)
    assert [storage.trial(SWEEP, number).state for number in (0, 1)] == [TrialState.QUEUED] * 2


def test_a_sweep_that_ends_lets_lost_runs_go_and_completes_those_that_answer(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 3))
    answers, falls_silent = (one.lease for one in claim(storage, "w1", 2).claimed)
    assert make(storage, End(SweepState.COMPLETED, "the time is up"))
    assert storage.trial(SWEEP, 2).state is TrialState.CANCELLED
    assert report(storage, answers, 1) == "complete"
    recorded = storage.finish("w1", [result(answers)], [], START)
    assert recorded.idle == [SWEEP]
    storage.lose_expired(LATE)
    assert storage.trial(SWEEP, falls_silent.run - answers.run).state is TrialState.CANCELLED
    assert make(storage, End(SweepState.COMPLETED, "the time is up"))
    assert storage.sweep(SWEEP).state is SweepState.COMPLETED


def test_leases_of_an_ended_sweep_are_told_why_they_hold_no_more(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 1))
    lease = claim_one(storage).lease
    storage.cancel_sweep(SWEEP, keep=False, now=START)
    (decision,) = storage.heartbeat("w1", [lease], LATE)
    assert (decision.decision, decision.reason) == ("stop", "the sweep is cancelled: cancelled on request")
    (attempt,) = storage.attempts(SWEEP, 0)
    assert attempt.ending == "released"
    storage.delete_sweep(SWEEP)
    assert storage.heartbeat("w1", [lease], LATE)[0].decision == "stop"


def test_a_trial_with_replicates_ends_with_the_last_of_its_runs(storage: Storage) -> None:
    add_sweep(storage, [])
    assert make(storage, Draw([replace(one, replicates=2) for one in drawn(0, 1)], 0, "drawn"))
    first, second = (one.lease for one in claim(storage, slots=2).claimed)
    finish(storage, first, 0.25)
    assert storage.trial(SWEEP, 0).state is TrialState.RUNNING
    finish(storage, second, 0.75)
    trial = storage.trial(SWEEP, 0)
    assert (trial.state, trial.value) == (TrialState.COMPLETED, 0.5)


def test_requests_of_thousands_of_items_are_answered_in_their_order(storage: Storage) -> None:
    add_sweep(storage, drawn(0, 4096, ("c0", "c1")))
    leases = [one.lease for one in claim(storage, slots=4096).claimed]
    assert len(set(leases)) == 4096
    reports = storage.report("w1", [Progress(lease, [point(1)]) for lease in reversed(leases)], START).result()
    assert [one.lease for one in reports] == leases[::-1]
    assert [one.lease for one in storage.heartbeat("w1", leases, LATE)] == leases
    recorded = storage.finish("w1", [result(lease, curve=[point(n) for n in (2, 3, 4)]) for lease in leases], [], START)
    assert recorded.outcomes == [("recorded", None)] * 4096
    assert recorded.idle == [SWEEP]
    assert storage.snapshot(SWEEP, Need.NOTHING, HORIZON).in_training is False


def test_metrics_of_any_name_keep_every_bit(storage: Storage) -> None:
    values = [1 / 3, 0.1 + 0.2, 5e-324, 1.7976931348623157e308, -0.0, None]
    names = ["dev_loss", "dev_auc", "bleu", 'a "quoted" name', "Größe", "undefined"]
    metrics: Metrics = dict(zip(names, values, strict=True))
    add_sweep(storage, drawn(0, 1))
    lease = claim_one(storage).lease
    storage.finish("w1", [Result(lease, "completed", metrics, 1, 1, 0.5, "done", [Epoch(1, metrics, 0.5)])], [], START)
    (point_of_curve,) = storage.curve(SWEEP, 0, 0, 0, 9)
    for found in (storage.trial(SWEEP, 0).metrics, point_of_curve.metrics):
        assert list(map(repr, found.items())) == list(map(repr, metrics.items()))  # -0.0 equals 0.0
