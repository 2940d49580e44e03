"""Readers of feeds that note what they are told: most read on, some come back again and again, some fall behind."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from urllib.parse import urlsplit
from zlib import crc32

STAYS, SLEEPS = 2.0, 5.0
"""Seconds after which a reader that comes back hangs up, and for which one that falls behind does not read."""

KINDS = ("reads on",) * 8 + ("comes back", "falls behind")
"""What readers do, one after the other."""

Told = dict[int, int]
"""Events by their numbers, each with a checksum of what was told."""


@dataclass(slots=True)
class Read:
    """What a reader was told: `told` from each place on that it had, at first and when it was told to start over."""

    told: list[tuple[int, Told]] = field(default_factory=list)
    twice: list[int] = field(default_factory=list)
    returns: int = 0

    @property
    def resyncs(self) -> int:
        """How often it was told to start over."""
        return len(self.told) - 1

    def take(self, number: int, message: bytes) -> None:
        """Note an event, which begins anew after a place if it is a `resync`."""
        if b"\nevent: resync\n" in message:
            self.told.append((number, {}))
        elif b"\nevent: " in message:
            events = self.told[-1][1]
            if number in events:
                self.twice.append(number)
            events[number] = crc32(message)
        elif not self.told:
            self.told.append((number, {}))

    def faults(self, everything: Told) -> Iterator[str]:
        """Yield what was told twice, otherwise than to others, or not, of all that was told to anyone."""
        yield from (f"event {number} was told twice" for number in self.twice)
        for (start, events), end in zip(self.told, self._ends(max(everything)), strict=True):
            wanted = {number: everything[number] for number in range(start + 1, end + 1)}
            yield from (f"event {number} was not told as to others" for number, _ in wanted.items() ^ events.items())

    def _ends(self, last: int) -> Iterator[int]:
        """Yield where each part ends: before a reader was told to start over it may have missed what came last."""
        for start, events in self.told[:-1]:
            yield max(events, default=start)
        yield last


def everything(reads: Sequence[Read]) -> Told:
    """Return what any reader was told."""
    return {number: told for read in reads for _, events in read.told for number, told in events.items()}


def follow(address: str, sweep: str, feeds: int, pipe: "Connection[object, None]") -> None:
    """Follow all events with so many readers until the sweep is cancelled.

    True goes into the pipe once all of them have a place, and what they read at the end.
    """
    reads = [Read() for _ in range(feeds)]
    asyncio.run(_follow_all(reads, address, sweep, pipe))
    pipe.send(reads)


async def _follow_all(reads: Sequence[Read], address: str, sweep: str, pipe: "Connection[object, None]") -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(follow_with(reads, address, sweep))
        while not all(read.told for read in reads):
            await asyncio.sleep(0.1)  # the pace of asking
        pipe.send(True)


async def follow_with(reads: Sequence[Read], address: str, sweep: str) -> None:
    """Follow with these readers until the sweep is cancelled; each has been told its place once it has `told`."""
    async with asyncio.TaskGroup() as group:
        for number, read in enumerate(reads):
            group.create_task(_follow(address, sweep, KINDS[number % len(KINDS)], read))


async def _follow(address: str, sweep: str, kind: str, read: Read) -> None:
    """Read on until the sweep is cancelled; as the kind says, hang up and come back, or do not read for a while."""
    clock, after = asyncio.get_running_loop().time, ""
    since, end = clock(), f'"sweep":"{sweep}","state":"cancelled"'.encode()
    while True:
        async with aclosing(_messages(address, after)) as messages:
            async for name, message in messages:
                after = name
                read.take(int(name.partition(":")[2]), message)
                if end in message:
                    return
                if kind == "falls behind" and clock() - since > SLEEPS:
                    await asyncio.sleep(SLEEPS)
                    since = clock()
                if kind == "comes back" and clock() - since > STAYS:
                    break
        read.returns += 1
        since = clock()


async def _messages(address: str, after: str) -> AsyncGenerator[tuple[str, bytes]]:
    """Yield what a feed tells after an event, each message with its id, by HTTP/1.1 as it stands."""
    place = urlsplit(address)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    seen = f"Last-Event-ID: {after}\r\n" if after else ""
    writer.write(f"GET /v1/events HTTP/1.1\r\nHost: {place.netloc}\r\n{seen}\r\n".encode())
    try:
        await reader.readuntil(b"\r\n\r\n")
        while size := int(await reader.readuntil(b"\r\n"), 16):
            chunk = (await reader.readexactly(size + 2))[:-2]
            for message in chunk.removeprefix(b"retry: 1000\n").split(b"\n\n")[:-1]:
                name, _, rest = message.removeprefix(b"id: ").partition(b"\n")
                yield name.decode(), b"\n" + rest + b"\n"
    finally:
        writer.close()
