"""Tests of the line of waiting claims against a small queue: nobody sleeps beside work, and few look in vain."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.services.claim_line import CALLED_AT_ONCE, ClaimLine, Place

KIND = ("logsweep", 3)
OTHER = ("another", 1)


class Queue:
    """Runs that wait for a kind, of which a worker may hold so many at a time; and the claims that wait for them."""

    def __init__(self, most_held: int = 1) -> None:
        self.line = ClaimLine()
        self.waiting = 0
        self.held = Counter[str]()
        self.looks = Counter[str]()
        self._most_held = most_held
        self.tasks = dict[str, asyncio.Task[bool]]()

    def put(self, count: int) -> None:
        self.waiting += count
        self.line.work_queued()

    def give_back(self, worker: str) -> None:
        self.held[worker] -= 1
        self.line.hands_freed(worker)

    def claims(self, worker: str, kind: tuple[str, int] = KIND) -> "asyncio.Task[bool]":
        """Let a worker wait for a run; the task tells whether it got one."""
        self.tasks[worker] = asyncio.ensure_future(self._claim(worker, kind))
        return self.tasks[worker]

    def asleep(self) -> list[str]:
        return [worker for worker, task in self.tasks.items() if not task.done()]

    async def _claim(self, worker: str, kind: tuple[str, int]) -> bool:
        with self.line.place(worker, kind) as place:
            while True:
                if self.line.may_find(place) and await self._look(place):
                    return True
                if place.left:
                    return False
                await self.line.turn(place)

    async def _look(self, place: Place) -> bool:
        self.looks[place.worker] += 1
        await asyncio.sleep(0)  # others come in between the question and the answer
        may = place.kind == KIND and self.held[place.worker] < self._most_held
        found, some = may and self.waiting > 0, place.kind == KIND and self.waiting > 0
        if found:
            self.waiting -= 1
            self.held[place.worker] += 1
        await asyncio.sleep(0)
        self.line.looked(place, found=found, held_back=some and not found)
        return found


async def rest(turns: int = 200) -> None:
    """Let all that can go on do so."""
    for _ in range(turns):
        await asyncio.sleep(0)


def run(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(scene(), 30))


def test_one_run_costs_a_few_looks_however_many_claims_wait() -> None:
    async def scene() -> None:
        queue = Queue()
        claims = [queue.claims(f"w{number}") for number in range(500)]
        await rest(1000)
        queue.looks.clear()
        queue.put(1)
        await rest()
        assert sum(claim.done() for claim in claims) == 1
        assert sum(queue.looks.values()) <= CALLED_AT_ONCE + 1

    run(scene)


def test_claims_that_wait_get_all_there_is_in_their_order() -> None:
    async def scene() -> None:
        queue = Queue()
        claims = [queue.claims(f"w{number}") for number in range(50)]
        await rest()
        queue.put(20)
        await rest(500)
        assert [claim.done() for claim in claims] == [True] * 20 + [False] * 30

    run(scene)


def test_nobody_looks_while_it_is_known_that_nothing_waits() -> None:
    async def scene() -> None:
        queue = Queue()
        queue.claims("first")
        await rest()
        queue.claims("second")
        queue.claims("of another kind", OTHER)
        await rest()
        assert queue.looks == {"first": 1, "of another kind": 1}
        queue.put(1)
        await rest()
        queue.give_back("first")
        queue.claims("third")
        await rest()
        assert queue.looks["third"] <= 1
        assert queue.asleep() == ["second", "of another kind", "third"]

    run(scene)


def test_what_others_finish_wakes_those_alone_who_were_held_back() -> None:
    async def scene() -> None:
        queue = Queue()
        queue.held["full"] = 1
        queue.waiting = 1
        queue.claims("full")
        await rest()
        queue.line.hands_freed("somebody else")
        await rest()
        assert queue.looks["full"] == 2
        queue.give_back("full")
        await rest()
        assert not queue.asleep()
        queue.claims("idle")
        await rest()
        looks = queue.looks["idle"]
        queue.line.hands_freed("somebody else")
        await rest()
        assert queue.looks["idle"] == looks

    run(scene)


def test_who_is_called_and_leaves_without_a_look_has_the_next_one_called() -> None:
    async def scene() -> None:
        queue = Queue()
        claims = [queue.claims(f"w{number}") for number in range(2 * CALLED_AT_ONCE)]
        await rest()
        queue.put(1)
        for claim in claims[:CALLED_AT_ONCE]:
            claim.cancel()
        await rest()
        assert sum(claim.done() for claim in claims[CALLED_AT_ONCE:]) == 1

    run(scene)


def test_a_worker_that_leaves_is_answered_and_others_wait_on() -> None:
    async def scene() -> None:
        queue = Queue()
        leaver, other = queue.claims("leaver"), queue.claims("other")
        await rest()
        queue.line.worker_left("leaver")
        await rest()
        assert (leaver.done() and leaver.result(), other.done()) == (False, False)

    run(scene)


def test_nobody_waits_once_it_is_closed() -> None:
    async def scene() -> None:
        line = ClaimLine()
        with line.place("w", KIND) as place:
            waiting = asyncio.ensure_future(line.turn(place))
            await rest()
            line.close()
            await waiting
            await line.turn(place)

    run(scene)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(1, 6)),
        st.tuples(st.just("claim"), st.integers(0, 9)),
        st.tuples(st.just("give back"), st.integers(0, 9)),
        st.tuples(st.just("hang up"), st.integers(0, 9)),
        st.tuples(st.just("pass"), st.integers(1, 8)),
    ),
    max_size=60,
)


async def act(queue: Queue, step: str, number: int) -> None:
    worker = f"w{number}"
    asleep = worker in queue.asleep()
    if step == "put":
        queue.put(number)
    elif step == "claim" and not asleep:
        queue.claims(worker)
    elif step == "give back" and queue.held[worker]:
        queue.give_back(worker)
    elif step == "hang up" and asleep:
        queue.tasks[worker].cancel()
    elif step == "pass":
        await rest(number)


@given(steps=STEPS)
def test_whatever_happens_nobody_sleeps_beside_a_run_that_it_may_have(steps: list[tuple[str, int]]) -> None:
    async def scene() -> None:
        queue = Queue()
        for step, number in steps:
            await act(queue, step, number)
        await rest(500)
        assert not (queue.waiting and [worker for worker in queue.asleep() if not queue.held[worker]])
        for task in queue.tasks.values():
            task.cancel()

    run(scene)
