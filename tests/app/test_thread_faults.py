"""Tests of what is heard of threads that a fault ends."""

import threading

import pytest

from app.thread_faults import thread_faults


def end_with(error: BaseException, name: str) -> None:
    def run() -> None:
        raise error

    thread = threading.Thread(target=run, name=name)
    thread.start()
    thread.join()


def test_the_first_thread_that_a_fault_ends_is_kept_and_each_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with thread_faults() as faults:
        told = [faults.first]
        end_with(SystemExit(), "planner")
        end_with(ValueError("no such row"), "reaper")
    assert [*told, faults.first] == [None, "the thread planner ended by SystemExit"]
    assert [record.getMessage() for record in caplog.records] == [
        "the thread planner ended by SystemExit",
        "the thread reaper ended by ValueError: no such row",
    ]
    assert all(record.exc_info for record in caplog.records)


def test_afterwards_others_hear_of_threads_as_before() -> None:
    before = threading.excepthook
    with thread_faults():
        assert threading.excepthook is not before
    assert threading.excepthook is before
