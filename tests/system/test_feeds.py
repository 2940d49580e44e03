"""A real server that stops while others follow its events and wait for work."""

import signal
from pathlib import Path

from tests.app.api.following import following
from tests.app.api.serving import start
from tests.system.processes import PATIENCE, ServerProcess, WorkerProcess, running, until


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
