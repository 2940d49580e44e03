"""Tests of waking those who wait."""

import asyncio
from threading import Thread

from app.services.notifier import Notifier


def test_a_change_before_the_wait_is_not_missed() -> None:
    notifier = Notifier()
    seen = notifier.changes
    notifier.notify()
    asyncio.run(asyncio.wait_for(notifier.changed_since(seen), 5))


def test_a_change_from_another_thread_wakes_everyone() -> None:
    notifier = Notifier()

    async def wait_for_the_thread() -> None:
        waiting = [asyncio.ensure_future(notifier.changed_since(notifier.changes)) for _ in range(3)]
        await asyncio.sleep(0)  # lets all of them begin to wait
        Thread(target=notifier.notify).start()
        await asyncio.wait_for(asyncio.gather(*waiting), 5)

    asyncio.run(wait_for_the_thread())


def test_nobody_waits_once_it_is_closed() -> None:
    notifier = Notifier()
    notifier.close()
    asyncio.run(asyncio.wait_for(notifier.changed_since(notifier.changes), 5))
    assert notifier.closed


def test_a_waiter_whose_loop_has_gone_is_no_trouble() -> None:
    notifier = Notifier()

    async def give_up() -> None:
        waiting = asyncio.ensure_future(notifier.changed_since(notifier.changes))
        await asyncio.sleep(0)  # lets it begin to wait
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    asyncio.run(give_up())
    notifier.notify()
    assert notifier.changes == 1
