"""Tests of the feed of events: order, places, bounds, and who is woken how often."""

import asyncio
import tracemalloc
from collections.abc import Sequence
from itertools import pairwise
from threading import Thread
from time import sleep

import msgspec
import pytest

from app.domain.events import Decided, EpochsStored, Event, SweepChanged, TrialsChanged, WorkersChanged, WorkQueued
from app.services.feed import (
    LEISURE,
    MOST_NUMBERS,
    MOST_READ,
    MOST_SHARED,
    MOST_TRIALS,
    PACE,
    SLOWEST,
    TOGETHER,
    Feed,
    Published,
)

BOOT = "b007"


def made(number: int, sweep: str = "s") -> Event:
    return Decided(sweep, number, 1)


def filled(count: int, most_numbers: int = 1000) -> Feed:
    feed = Feed(BOOT, most_numbers)
    for number in range(1, count + 1):
        feed.publish([made(number)])
    return feed


def sequences(events: Sequence[Published]) -> list[int]:
    return [one.sequence for one in events]


def event_of(published: Published) -> Event:
    event: Event = msgspec.json.decode(published.data, type=published.kind)
    return event


def test_a_reader_gets_what_came_after_its_place_in_order_and_nothing_twice() -> None:
    feed = filled(3)
    reading = feed.read(1)
    assert [(one.sequence, event_of(one)) for one in reading.events] == [(2, made(2)), (3, made(3))]
    assert (reading.place, reading.lost, reading.more) == (3, False, False)
    assert not feed.read(3).events


def test_a_reader_of_a_sweep_gets_its_events_alone_and_goes_on_past_the_others() -> None:
    feed = Feed(BOOT)
    feed.publish([made(0, "a"), WorkersChanged(came=("w",)), made(1, "b"), SweepChanged("a", "completed")])
    reading = feed.read(0, "a")
    assert sequences(reading.events) == [1, 4]
    assert feed.read(0, "b").place == 4


def test_what_only_the_queue_need_hear_is_no_event_of_the_feed() -> None:
    feed = Feed(BOOT)
    feed.publish([WorkQueued(frozenset({"s"}))])
    assert feed.last == 0


def test_the_oldest_events_go_when_there_are_too_many_and_who_has_not_seen_them_is_told() -> None:
    feed = filled(15, most_numbers=10)
    assert sequences(feed.read(5).events) == list(range(6, 16))
    lost = feed.read(4)
    assert (lost.lost, lost.place, lost.events) == (True, 15, ())


def test_events_count_by_the_trials_that_they_tell_of() -> None:
    feed = Feed(BOOT, most_numbers=10)
    feed.publish([made(1), TrialsChanged("s", dict.fromkeys(range(8), "queued"))])
    assert sequences(feed.read(0).events) == [1, 2]
    feed.publish([EpochsStored("s", {0: 1})])
    assert feed.read(0).lost
    assert event_of(feed.read(2).events[0]) == EpochsStored("s", {0: 1})


def test_an_event_of_very_many_trials_is_cut() -> None:
    feed = Feed(BOOT)
    states = dict.fromkeys(range(2 * MOST_TRIALS + 1), "queued")
    feed.publish([TrialsChanged("s", states)])
    parts = [event_of(one) for one in feed.read(0).events]
    assert [len(part.trials) for part in parts if isinstance(part, TrialsChanged)] == [MOST_TRIALS, MOST_TRIALS, 1]


def test_a_reader_gets_only_so_much_at_once() -> None:
    feed = filled(MOST_READ + 5, most_numbers=10 * MOST_READ)
    first = feed.read(0)
    second = feed.read(first.place)
    assert (len(first.events), first.more) == (MOST_READ, True)
    assert (len(second.events), second.more) == (5, False)


def test_a_place_is_known_in_its_boot_alone_and_as_long_as_it_is_remembered() -> None:
    feed = filled(15, most_numbers=10)
    assert feed.place_of(BOOT, 15) == 15
    assert feed.place_of(BOOT, 5) == 5
    assert feed.place_of(BOOT, 4) is None
    assert feed.place_of(BOOT, 16) is None
    assert feed.place_of("another", 15) is None


def test_an_event_is_kept_as_what_readers_get_of_it() -> None:
    feed = Feed(BOOT)
    feed.publish([TrialsChanged("s", {7: "queued"}), WorkersChanged(left=("Jürgen",))])
    texts = [one.data.decode() for one in feed.read(0).events]
    assert texts == ['{"sweep":"s","trials":{"7":"queued"}}', '{"came":[],"left":["Jürgen"]}']


def test_a_feed_that_remembers_all_it_can_takes_a_few_megabytes() -> None:
    tracemalloc.start()
    try:
        feed, together = Feed(BOOT), 64
        for first in range(0, MOST_NUMBERS, together):
            feed.publish([TrialsChanged("s", dict.fromkeys(range(first, first + together), "completed"))])
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert feed.read(0).lost, "it is full"
    assert held < 4e6


def test_what_several_read_from_the_same_place_on_is_put_together_once() -> None:
    feed = filled(3)
    messages = [feed.read(place).once(lambda one: b"%d" % one.sequence) for place in (1, 1, 2)]
    assert messages == [b"23", b"23", b"3"]
    assert messages[0] is messages[1]
    feed.publish([made(4)])
    assert feed.read(1).once(lambda one: b"%d" % one.sequence) == b"234"


def test_few_places_are_remembered_with_what_is_read_from_there_on() -> None:
    feed = filled(100)
    for place in range(100):
        assert sequences(feed.read(place).events) == list(range(place + 1, 101))
        assert len(feed._shared) <= MOST_SHARED


def test_a_reader_is_woken_by_an_event_from_another_thread() -> None:
    feed = Feed(BOOT)

    async def follow() -> None:
        waiting = [asyncio.ensure_future(feed.wait(0, 60.0)) for _ in range(3)]
        await asyncio.sleep(0)  # lets all of them begin to wait
        Thread(target=feed.publish, args=([made(1)],)).start()
        await asyncio.wait_for(asyncio.gather(*waiting), 5)

    asyncio.run(follow())
    assert feed.last == 1


def test_news_before_the_wait_is_not_missed() -> None:
    feed = filled(1)
    asyncio.run(asyncio.wait_for(feed.wait(0, 60.0), 5))


def test_who_waits_for_nothing_returns_when_its_time_is_up() -> None:
    feed = filled(1)
    asyncio.run(asyncio.wait_for(feed.wait(1, 0.01), 5))


def test_the_readers_of_a_loop_are_woken_together_and_in_pace() -> None:
    feed, wakings = Feed(BOOT), list[list[int]]()

    async def follow(reader: int) -> None:
        place = 0
        while place < 100:
            await feed.wait(place, 60.0)
            reading = feed.read(place)
            place = reading.place
            wakings.append([reader, *sequences(reading.events)])

    async def scene() -> float:
        readers = [asyncio.ensure_future(follow(reader)) for reader in range(2)]
        start = asyncio.get_running_loop().time()
        for number in range(1, 101):
            feed.publish([made(number)])
            await asyncio.sleep(0.002)  # the pace of the events
        await asyncio.wait_for(asyncio.gather(*readers), 30)
        return asyncio.get_running_loop().time() - start

    seconds = asyncio.run(scene())
    for reader in range(2):
        assert [number for who, *got in wakings for number in got if who == reader] == list(range(1, 101))
    assert len(wakings) <= 2 * (seconds / PACE + 2)


def test_others_are_served_between_some_readers_and_the_next() -> None:
    feed, woken, passes = Feed(BOOT), list[int](), list[int]()

    async def follow(reader: int) -> None:
        await feed.wait(0, 60.0)
        woken.append(reader)

    async def scene() -> None:
        readers = [asyncio.ensure_future(follow(reader)) for reader in range(5 * TOGETHER)]
        await asyncio.sleep(0)  # lets all of them begin to wait
        feed.publish([made(1)])
        while len(woken) < len(readers):
            await asyncio.sleep(0)  # what any other task does
            passes.append(len(woken))

    asyncio.run(asyncio.wait_for(scene(), 30))
    assert max(after - before for before, after in pairwise([0, *passes])) <= TOGETHER


def test_the_longer_a_round_of_readers_takes_the_later_is_the_next() -> None:
    feed, rounds = Feed(BOOT), list[list[float]]()

    async def follow() -> None:
        for number in range(2):
            await feed.wait(number, 60.0)
            rounds[number].append(asyncio.get_running_loop().time())
            sleep(0.005)  # what a reader takes

    async def scene() -> None:
        rounds[:] = [], []
        readers = [asyncio.ensure_future(follow()) for _ in range(TOGETHER + 1)]
        await asyncio.sleep(0)  # lets all of them begin to wait
        feed.publish([made(1)])
        while not rounds[0]:
            await asyncio.sleep(0)  # lets the first round begin
        feed.publish([made(2)])
        await asyncio.gather(*readers)

    asyncio.run(asyncio.wait_for(scene(), 30))
    (first, *_, last), (second, *_) = rounds
    assert second - first >= 0.9 * min(LEISURE * (last - first), SLOWEST)


def test_what_comes_amid_a_round_is_told_in_the_next_without_waiting_for_more() -> None:
    feed, seen = Feed(BOOT), list[int]()

    async def follow(reader: int) -> None:
        place = 0
        while place < 2:
            await feed.wait(place, 60.0)
            if reader == 0 and place == 0:
                feed.publish([made(2)])
            place = feed.read(place).place
        seen.append(reader)

    async def scene() -> None:
        feed.publish([made(1)])
        await asyncio.wait_for(asyncio.gather(*(follow(reader) for reader in range(3 * TOGETHER))), 30)

    asyncio.run(scene())
    assert sorted(seen) == list(range(3 * TOGETHER))


@pytest.mark.parametrize("first", [True, False])
def test_a_closed_feed_lets_nobody_wait(first: bool) -> None:
    feed = Feed(BOOT)

    async def scene() -> None:
        if first:
            feed.close()
        waiting = asyncio.ensure_future(feed.wait(0, 60.0))
        await asyncio.sleep(0)  # lets it begin to wait
        feed.close()
        await asyncio.wait_for(waiting, 5)

    asyncio.run(scene())
    assert feed.closed


def test_readers_whose_loop_has_gone_are_no_trouble() -> None:
    feed = Feed(BOOT)

    async def give_up() -> None:
        waiting = asyncio.ensure_future(feed.wait(0, 60.0))
        await asyncio.sleep(0)  # lets it begin to wait
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    asyncio.run(give_up())
    feed.publish([made(1)])
    assert feed.last == 1
