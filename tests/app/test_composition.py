"""Tests of the composition: what a server does at its start, meanwhile and at its end."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.composition import make_first_keys, open_services
from app.domain.errors import Unavailable
from app.settings import Settings
from tests.app.api.serving import Trainer, finished, serving, start


def wait_until(client: httpx.Client, sweep: str, holds: Callable[[Any], bool]) -> Any:
    """Look at a sweep until something holds; give up after a while."""
    pause = threading.Event()
    for _ in range(200):
        found = client.get(f"/v1/sweeps/{sweep}").json()
        if holds(found):
            return found
        pause.wait(0.05)
    raise AssertionError(f"It never came to hold: {found}")


def test_a_restart_keeps_everything_and_trials_of_local_workers_go_on_at_once(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, _):
        sweep = start(client)["id"]
        (first,) = Trainer(client, "local-1").leases()
        Trainer(client, "local-1").finish(finished(first, 0.25))
        (local,) = Trainer(client, "local-1").leases()
        (remote,) = Trainer(client, "elsewhere").leases()
    with serving(tmp_path) as (client, _):
        assert client.get(f"/v1/sweeps/{sweep}").json()["best"]["value"] == 0.25
        assert Trainer(client, "local-1").heartbeat([local])[0]["decision"] == "stop"
        assert Trainer(client, "elsewhere").heartbeat([remote])[0]["decision"] == "continue"
        assert Trainer(client, "local-9").leases(1) == [local | {"fence": 2}]


def test_a_sweep_ends_when_its_seconds_are_used_up_and_keeps_what_is_in_training(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, _):
        sweep = start(client, budget={"trials": 50, "seconds": 0.5})["id"]
        (lease,) = Trainer(client).leases()
        wait_until(client, sweep, lambda found: found["ending"] == "completed")
        assert Trainer(client).heartbeat([lease])[0]["decision"] == "complete"
        Trainer(client).finish(finished(lease, 0.5))
        ended = wait_until(client, sweep, lambda found: found["state"] != "running")
    assert (ended["state"], ended["reason"]) == ("completed", "the budget of 0.5 seconds is used up")
    assert (ended["counts"]["completed"], ended["counts"]["cancelled"]) == (1, 49)


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    with open_services(settings), pytest.raises(Unavailable, match="Another logsweep server"):
        open_services(settings).__enter__()
    with open_services(settings) as services:
        assert services.datasets.get("iris").builtin


def test_an_unchanged_builtin_is_not_written_again(tmp_path: Path) -> None:
    with open_services(Settings(data=tmp_path)) as services:
        before = services.datasets.get("digits")
    with open_services(Settings(data=tmp_path)) as services:
        assert services.datasets.get("digits") == before


def test_all_threads_end_with_the_server(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with open_services(Settings(data=tmp_path)):
        assert {thread.name for thread in set(threading.enumerate()) - before} == {
            "storage-writer",
            "storage-wal",
            "reaper",
            "planner",
            "planner of models",
        }
    assert set(threading.enumerate()) <= before


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSWEEP_MAX_TABLE_BYTES", "9000")
    monkeypatch.setenv("LOGSWEEP_LEASE_SECONDS", "5")
    settings = Settings()
    assert (settings.max_table_bytes, settings.lease_seconds) == (9000, 5.0)


def test_a_setting_that_does_nothing_any_more_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("LOGSWEEP_MAX_WORK_BYTES", "9000")
    with open_services(Settings(data=tmp_path)):
        assert "LOGSWEEP_MAX_WORK_BYTES is set, but does nothing any more" in caplog.text


def test_a_key_file_of_workers_that_was_lost_is_told_at_the_start_with_what_makes_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "work.key"
    settings = Settings(data=tmp_path, first_work_key=file)
    with open_services(settings) as services:
        make_first_keys(services.access, settings)
        make_first_keys(services.access, settings)
        assert "is not there" not in caplog.text
        file.unlink()
        make_first_keys(services.access, settings)
        assert f"{file} is not there, and keys exist: `logsweep --key-file ADMIN_KEY key create workers" in caplog.text
        assert len(services.access.every()) == 1
