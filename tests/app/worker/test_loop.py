"""The worker against a server in memory: real training, and every fault of a network that can be had without one."""

import hashlib
import threading
from dataclasses import replace

import httpx
import pytest

from app.contract.rules import CURRENT_RULES
from app.domain.errors import LogsweepError
from app.domain.work import GivenBack, Keep, Lease
from app.trainer.trainer import StackFailedError
from app.version import logsweep_version
from app.worker import handing_in, loop
from app.worker.loop import Worker
from app.worker.status import Doing
from tests.app.trainer.runs import run, trained
from tests.app.worker.fake_server import FakeServer, refusal
from tests.app.worker.running import DATA, Start, back, ended, endless, runs


def test_runs_are_trained_and_their_models_are_there_before_their_results(server: FakeServer, start: Start) -> None:
    due = runs(2, epochs=3)
    start(*due)
    server.until(ended(server, *due))
    alone = trained(DATA, epochs=3)
    result = server.results[due[0].lease]
    assert [point.epoch for point in server.curves[0]] == [1, 2, 3]
    assert result.metrics == alone.result.metrics
    assert result.model is not None
    assert server.artifacts[result.model.sha256] == alone.weights
    assert (result.model.size, hashlib.sha256(alone.weights or b"").hexdigest()) == (
        len(alone.weights or b""), result.model.sha256,
    )  # fmt: skip
    assert result.model.made_with["numpy"]


def test_a_claim_says_who_trains_and_by_which_rules(server: FakeServer, start: Start) -> None:
    start()
    server.until(lambda: bool(server.claims))
    assert (server.claims[0].trainer, server.claims[0].rules) == ("logsweep", CURRENT_RULES)
    about = server.claims[0].about
    assert about is not None
    assert (about.slots, about.version) == (8, logsweep_version())
    assert about.memory_bytes is None or about.memory_bytes > 10_000_000


def test_it_is_told_what_a_worker_does(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "TELL_EVERY", 0.001)
    told, trains = list[str](), threading.Event()

    def tell(doing: Doing) -> None:
        told.append(doing.what)
        if doing.what.startswith("Training"):
            trains.set()

    server.put(endless(0))
    worker = Worker("http://server", "w", 8, None, server.transport, tell)
    thread = threading.Thread(target=worker.run)
    thread.start()
    assert trains.wait(60)
    worker.stop()
    thread.join(60)
    server.hang_up()
    assert set(told) <= {"Waiting for work", f"Training {endless(0).sweep} ({endless(0).dataset})"}


def test_a_paused_run_goes_on_from_memory_without_a_byte(server: FakeServer, start: Start) -> None:
    one = replace(run(DATA, 0, epochs=4), early_stopping=None, to_epoch=2)
    start(one)
    server.until(ended(server, one))
    assert server.results[one.lease].state == "paused"
    later = back(one, 4)
    server.put(later)
    server.until(ended(server, later))
    assert server.results[later.lease].state == "completed"
    assert len(server.curves[0]) == 4
    assert server.paths("GET /v1/work/checkpoints") == []


@pytest.mark.parametrize(("decision", "state"), [("pause", "paused"), ("complete", "completed")])
def test_a_decision_is_obeyed_at_the_next_epochs_end(
    server: FakeServer, start: Start, decision: str, state: str
) -> None:
    one = endless(0)
    server.decide(one.lease, decision)
    start(one)
    server.until(ended(server, one))
    result = server.results[one.lease]
    assert (result.state, len(server.curves[0])) == (state, result.epochs)
    assert result.model is not None


def test_a_lost_lease_is_dropped_and_its_place_is_free_again(server: FakeServer, start: Start) -> None:
    start(endless(0), slots=1)
    server.until(lambda: 0 in server.curves)
    server.decide(Lease(0, 1), "stop")
    due = run(DATA, 1, epochs=1)
    server.put(due)
    server.until(ended(server, due))


def test_a_run_that_comes_back_under_a_new_lease_replaces_the_old_one(server: FakeServer, start: Start) -> None:
    old = endless(0)
    start(old)
    server.until(lambda: len(server.curves.get(0, [])) > 2)
    new = back(replace(run(DATA, 0, epochs=3), early_stopping=None), 3)
    server.put(new)
    server.until(ended(server, new))
    assert old.lease not in server.results
    assert len(server.curves[0]) == 3


# A server that is away


# Refusals


def test_a_stack_that_fails_is_told_by_its_runs_and_those_in_other_stacks_are_not_blamed(
    server: FakeServer, start: Start
) -> None:
    whole = [run(DATA, trial, epochs=2) for trial in range(2)]
    broken = [replace(one, params={**one.params, "decay": "unknown"}) for one in whole]
    other = replace(endless(2), params={**endless(2).params, "hidden_units": [3]})
    worker = start(*broken, other)
    worker.join()
    assert isinstance(worker.error, StackFailedError)
    endings = {item.lease.run: item.ending for item in server.given_back}
    assert endings == {0: "refused", 1: "refused", 2: "released"}
    assert server.checkpoints == {}


def test_what_is_granted_while_a_worker_ends_goes_back(server: FakeServer, start: Start) -> None:
    late = endless(0)

    def grant(request: httpx.Request) -> None:
        if "/release" in request.url.path and not server.paths("POST /v1/work/release")[1:]:
            server.put(late)
            server.until(lambda: server.holds(late.lease))

    server.faults.append(grant)
    worker = start()
    server.until(lambda: bool(server.claims))
    worker.stop()
    assert server.given_back == [GivenBack(late.lease)]


# What is kept


def test_of_runs_that_end_together_no_more_weights_travel_than_are_kept(server: FakeServer, start: Start) -> None:
    server.keep = {"swp_1": Keep(2)}
    due = [replace(one, early_stopping=None) for one in runs(6, epochs=2)]
    start(*due)
    server.until(ended(server, *due))
    assert sum(result.model is not None for result in server.results.values()) == 2


# Checkpoints


def test_a_stop_hands_in_what_trains_and_what_is_parked_and_gives_the_leases_back(
    server: FakeServer, start: Start
) -> None:
    parked, training = replace(endless(0), to_epoch=3), endless(1)
    worker = start(parked, training)
    server.until(lambda: parked.lease in server.results and len(server.curves.get(1, [])) > 2)
    worker.stop()
    assert worker.error is None
    assert set(server.refs) == {parked.lease, training.lease}
    assert server.refs[training.lease].epoch == len(server.curves[1])
    assert all(ref.sha256 in server.checkpoints for ref in server.refs.values())
    assert [(item.lease, item.ending) for item in server.given_back] == [(training.lease, "released")]


def test_another_worker_goes_on_from_what_was_handed_in_to_the_bits_of_never_having_stopped(
    server: FakeServer, start: Start
) -> None:
    whole = replace(run(DATA, 0, epochs=5), early_stopping=None)
    first = start(replace(whole, to_epoch=3))
    server.until(ended(server, whole))
    first.stop()
    later = replace(back(whole, 5), checkpoint=server.refs[whole.lease])
    start(later)
    server.until(ended(server, later))
    model, alone = server.results[later.lease].model, trained(DATA, epochs=5)
    assert server.paths("GET /v1/work/checkpoints")
    assert (server.results[later.lease].epochs, alone.result.epochs) == (5, 5)
    assert model is not None
    assert server.artifacts[model.sha256] == alone.weights


def test_checkpoints_are_handed_in_beside_training(
    server: FakeServer, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing_in, "LEAST_PAUSE", 0.001)
    monkeypatch.setattr(handing_in, "WORTH_SECONDS", 0.0)
    one = endless(0)
    start(one)
    server.until(lambda: one.lease in server.refs)
    first = server.refs[one.lease].epoch
    server.until(lambda: server.refs[one.lease].epoch > first)


def test_a_refused_checkpoint_costs_nothing_but_itself(server: FakeServer, start: Start) -> None:
    server.faults.append(lambda request: refusal("no", 413) if "/work/checkpoints" in request.url.path else None)
    one = endless(0)
    worker = start(one)
    server.until(lambda: 0 in server.curves)
    worker.stop()
    assert worker.error is None
    assert server.refs == {}
    assert [item.lease for item in server.given_back] == [one.lease]


def test_a_stop_without_a_server_ends_in_peace(server: FakeServer, start: Start) -> None:
    worker = start(endless(0))
    server.until(lambda: 0 in server.curves)

    def gone(request: httpx.Request) -> httpx.Response | None:
        raise httpx.ConnectError(f"nobody listens for {request.url}")

    server.faults.append(gone)
    worker.stop()
    assert worker.error is None or isinstance(worker.error, LogsweepError)


def test_the_pause_after_a_checkpoint_leaves_it_a_twentieth_of_the_time() -> None:
    assert handing_in.pause_after(0.001) == 1.0
    assert handing_in.pause_after(3.0) == 60.0
    assert handing_in.pause_after(1000.0) == 600.0


def test_what_a_stop_interrupts_is_sent_once_more_at_the_end(server: FakeServer, start: Start) -> None:
    failing = threading.Event()

    def fault(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(503) if failing.is_set() and "/report" in request.url.path else None

    server.faults.append(fault)
    one = endless(0)
    worker = start(one)
    server.until(lambda: 0 in server.curves)
    failing.set()
    reports = len(server.paths("POST /v1/work/report"))
    server.until(lambda: len(server.paths("POST /v1/work/report")) > reports + 2)
    server.faults.clear()
    worker.stop()
    assert server.refs[one.lease].epoch == len(server.curves[0])
