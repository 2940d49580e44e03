"""The supervisor with children and a clock that a test moves: who is started when, and what is told of deaths."""

import signal
import threading
from collections.abc import Callable, Iterator

import pytest

from app.domain.errors import DiskFull
from app.domain.runs import Ending
from app.worker.process import OUT_OF_MEMORY
from app.worker.supervisor import FIRST_PAUSE, LONGEST_PAUSE, Supervisor, ending_of

Death = tuple[str, Ending, str]


class Scripted:
    """Children that live so many seconds and end with such codes; the last one lives until it is told to end."""

    def __init__(self, lives: list[tuple[float, int]]) -> None:
        self._lives = iter(lives)
        self.now = 0.0
        self.rests: list[float] = []
        self.names: list[str] = []
        self.deaths: list[Death] = []
        self.all_dead = threading.Event()

    def spawn(self, name: str) -> "Child":
        self.names.append(name)
        return Child(self, next(self._lives, None))

    def supervisor(self, count: int = 1) -> Supervisor:
        return Supervisor(
            count, lambda *death: self.deaths.append(death), self.spawn, lambda: self.now, self.rests.append
        )  # fmt: skip


class Child:
    """A child by script: without a life it waits for its end."""

    def __init__(self, script: Scripted, life: tuple[float, int] | None) -> None:
        self._script = script
        self._life = life
        self._ended = threading.Event()
        self.ended_by: list[str] = []

    def wait(self) -> int:
        if self._life is None:
            self._script.all_dead.set()
            self._ended.wait()
            return -signal.SIGTERM
        seconds, code = self._life
        self._script.now += seconds
        return code

    def terminate(self) -> None:
        self._ended.set()

    def kill(self) -> None:
        self._ended.set()


@pytest.fixture
def play() -> Iterator[Callable[[list[tuple[float, int]]], Scripted]]:
    """Play a script until all its children are dead and the last one lives; stop at the end."""
    running: list[Supervisor] = []

    def start(lives: list[tuple[float, int]]) -> Scripted:
        script = Scripted(lives)
        running.append(script.supervisor())
        running[-1].start()
        assert script.all_dead.wait(30)
        return script

    yield start
    for supervisor in running:
        supervisor.stop()


Play = Callable[[list[tuple[float, int]]], Scripted]


def test_the_pause_doubles_with_each_death_in_a_row_up_to_its_longest(play: Play) -> None:
    script = play([(1.0, 1)] * 12)
    assert script.rests == [min(FIRST_PAUSE * 2**n, LONGEST_PAUSE) for n in range(12)]


def test_the_pause_is_short_again_after_a_healthy_minute(play: Play) -> None:
    script = play([(1.0, 1), (1.0, 1), (1.0, 1), (61.0, 1), (1.0, 1)])
    assert script.rests == [0.1, 0.2, 0.4, 0.1, 0.2]


def test_each_death_is_told_with_its_name_and_how_it_came(play: Play) -> None:
    script = play([(1.0, -signal.SIGKILL), (1.0, 1), (1.0, OUT_OF_MEMORY)])
    assert [name for name, _, _ in script.deaths] == script.names[:3]
    assert len(set(script.names)) == 4
    assert [ending for _, ending, _ in script.deaths] == ["signal", "error", "out_of_memory"]
    assert "SIGKILL" in script.deaths[0][2]
    assert "exit code 1" in script.deaths[1][2]


def test_a_stop_ends_children_without_a_word_of_death() -> None:
    script = Scripted([])
    supervisor = script.supervisor()
    supervisor.start()
    assert script.all_dead.wait(30)
    supervisor.stop()
    assert (script.deaths, script.rests, len(script.names)) == ([], [], 1)


def test_a_place_whose_worker_could_not_be_started_is_tried_again() -> None:
    script, failures = Scripted([]), iter([OSError("Resource temporarily unavailable")])

    def spawn(name: str) -> Child:
        if (failure := next(failures, None)) is not None:
            raise failure
        return script.spawn(name)

    supervisor = Supervisor(1, lambda *_: None, spawn, lambda: script.now, script.rests.append)
    supervisor.start()
    assert script.all_dead.wait(30)
    supervisor.stop()
    assert (script.rests, len(script.names)) == ([FIRST_PAUSE], 1)


def test_a_death_that_cannot_be_told_now_leaves_no_place_empty() -> None:
    def refuse(*_: object) -> None:
        raise DiskFull("No room is left.")

    script = Scripted([(1.0, 1)])
    supervisor = Supervisor(1, refuse, script.spawn, lambda: script.now, script.rests.append)
    supervisor.start()
    assert script.all_dead.wait(30)
    supervisor.stop()
    assert len(script.names) == 2


def test_a_stop_without_patience_ends_children_by_force() -> None:
    class Stubborn(Child):
        def terminate(self) -> None:
            self.ended_by.append("asked")

        def kill(self) -> None:
            self.ended_by.append("forced")
            super().kill()

    script, children = Scripted([]), list[Stubborn]()

    def spawn(_: str) -> Child:
        children.append(Stubborn(script, None))
        return children[-1]

    supervisor = Supervisor(1, lambda *_: None, spawn)
    supervisor.start()
    assert script.all_dead.wait(30)
    supervisor.stop(0.0)
    assert [child.ended_by for child in children] == [["asked", "forced"]]


def test_a_worker_that_was_asked_to_end_is_not_to_blame() -> None:
    assert ending_of(0) == ("released", "its process was asked to end")


def test_a_signal_without_a_name_is_told_by_its_number() -> None:
    assert ending_of(-50) == ("signal", "its process was ended by signal 50")
