"""A real server whose events many follow: it tells each of them everything once, and stops in order."""

import asyncio
import signal
from pathlib import Path
from threading import Thread

import pytest

from benchmarks import feed_readers
from benchmarks.feed_readers import Read, everything, follow_with
from tests.app.api.following import following
from tests.app.api.serving import start
from tests.system.processes import PATIENCE, ServerProcess, WorkerProcess, counts, running, until


def test_a_server_that_is_asked_to_end_ends_its_feeds_in_order(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data")
    with running(server), following(server.client) as reader:
        server.process.send_signal(signal.SIGTERM)
        # A feed that is cut off, as after the grace of a stop, would be an error here.
        assert list(reader) == []
        assert server.process.wait(PATIENCE) == 0


def test_a_reader_follows_a_sweep_to_its_end_and_sees_who_trains_it(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data")
    worker = WorkerProcess(server.address, "w")
    with running(server, worker):
        until(lambda: server.client.get("/v1/workers").json()["items"], "a worker is there")
        with following(server.client) as reader:
            sweep = start(server.client, budget={"trials": 8}, fixed={"epochs": 30, "hidden_units": [4]})
            assert sweep["no_workers"] is None
            messages = reader.until("sweep", sweep=sweep["id"], state="completed")
        (shown,) = server.client.get("/v1/workers").json()["items"]
    assert (shown["name"], shown["slots"], shown["training"]) == ("w", 64, [])
    assert shown["epochs_per_second"] > 0
    assert shown["memory_bytes"] is None or shown["memory_bytes"] > 1 << 20
    done = {number for message in messages if message.name == "trials" for number, s in message.data["trials"].items()}
    assert done == {str(number) for number in range(8)}


def test_each_of_two_hundred_readers_is_told_every_event_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_readers, "STAYS", 0.2)
    monkeypatch.setattr(feed_readers, "SLEEPS", 0.4)
    reads = [Read() for _ in range(200)]
    server = ServerProcess(tmp_path / "data", workers=1)
    with running(server):
        sweep = start(server.client, budget={"trials": 10_000}, fixed={"epochs": 100, "hidden_units": [4]})["id"]
        following_all = Thread(target=asyncio.run, args=[follow_with(reads, server.address, sweep)])
        following_all.start()
        until(lambda: all(read.told for read in reads), "all readers have their places")
        begun = counts(server.client, sweep)["completed"]
        until(lambda: counts(server.client, sweep)["completed"] > begun + 200, "trials finish meanwhile")
        server.client.post(f"/v1/sweeps/{sweep}/cancel").raise_for_status()
        following_all.join()
    every = everything(reads)
    assert [fault for read in reads for fault in read.faults(every)] == []
    assert len(every) > 10
    assert sum(read.returns for read in reads) > 0
