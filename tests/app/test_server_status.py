"""What a server tells of what it does."""

from pathlib import Path
from threading import Event

import pytest

from app import server_status
from app.domain.states import SweepState
from app.domain.sweeps import SweepFilter
from app.server_status import doing
from app.worker.status import Doing
from tests.app.api.serving import Trainer, finished, serving, start


def test_a_server_tells_what_is_swept_how_far_it_is_and_who_is_here(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, services):
        assert str(doing([], [])) == "Waiting for sweeps: no worker is here."
        names = [start(client)["id"] for _ in range(2)]
        trainer = Trainer(client)
        trainer.finish(*(finished(lease, 0.5) for lease in trainer.leases(3)))
        running = services.sweeps.page(SweepFilter(state=SweepState.RUNNING), 10, None).items
        told = str(doing(running, services.workers.page(10, None).items))
    assert told.startswith(f"Sweeping {names[1]} and 1 more: 3/8 trials, ")
    assert told.endswith(" epochs/s, 1 worker.")


def test_what_cannot_be_told_is_logged_once_and_told_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stop, told = Event(), list[str]()

    def tell(doing: Doing) -> None:
        told.append(str(doing))
        if len(told) < 3:
            raise BrokenPipeError("The terminal is gone.")
        stop.set()

    with serving(tmp_path) as (_, services):
        monkeypatch.setattr(server_status, "SECONDS", 0.001)
        monkeypatch.setattr(server_status, "teller", lambda _: tell)
        with server_status.telling(services):
            assert stop.wait(60.0)
    assert set(told) == {"Waiting for sweeps: no worker is here."}  # more than three times, if the end comes late
    (record,) = [one for one in caplog.records if one.name == server_status.__name__]
    assert "could not be told" in record.message
    assert record.exc_info is not None
