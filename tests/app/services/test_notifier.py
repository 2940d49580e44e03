"""Tests of waking those who wait for a change of one thing."""

import asyncio
from threading import Thread

from app.services.notifier import Notifier


def test_a_change_after_the_wait_was_announced_is_not_missed() -> None:
    notifier = Notifier()

    async def scene() -> None:
        with notifier.waiting("a") as waiter:
            notifier.notify("a")
            await asyncio.wait_for(waiter.woken(), 5)

    asyncio.run(scene())


def test_a_change_from_another_thread_wakes_those_who_wait_for_it_and_nobody_else() -> None:
    notifier = Notifier()

    async def scene() -> None:
        with notifier.waiting("a") as first, notifier.waiting("a") as second, notifier.waiting("b") as other:
            waiting = [asyncio.ensure_future(waiter.woken()) for waiter in (first, second, other)]
            await asyncio.sleep(0)  # lets all of them begin to wait
            Thread(target=notifier.notify, args=("a",)).start()
            await asyncio.wait_for(asyncio.gather(*waiting[:2]), 5)
            assert not waiting[2].done()
            notifier.close()
            await asyncio.wait_for(waiting[2], 5)

    asyncio.run(scene())


def test_a_waiter_whose_loop_has_gone_is_no_trouble() -> None:
    notifier = Notifier()
    left_open = notifier.waiting("a")

    async def give_up() -> None:
        left_open.__enter__()

    asyncio.run(give_up())
    notifier.notify("a")
    left_open.__exit__(None, None, None)
