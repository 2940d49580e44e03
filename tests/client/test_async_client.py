"""The client that is awaited does what the other one does."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Coroutine
from threading import Thread
from typing import Any

import pytest

import logsweep
from logsweep import AsyncClient, AsyncSweep, Client, InvalidRequest, Sweep
from logsweep.answers.sweeps import SweepAnswer
from tests.app.api.serving import Trainer, sweep_body


def _public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


@pytest.mark.parametrize(
    ("blocking", "awaited"),
    [
        (Client, AsyncClient),
        (Sweep, AsyncSweep),
        (logsweep.Model, logsweep.AsyncModel),
        (logsweep.Pages, logsweep.AsyncPages),
    ],
    ids=lambda kind: kind.__name__,
)
def test_both_have_the_same_methods_with_the_same_parameters(blocking: type, awaited: type) -> None:
    assert _public(blocking) == _public(awaited)
    for name in _public(blocking):
        one, other = getattr(blocking, name), getattr(awaited, name)
        assert one.__doc__ == other.__doc__
        if inspect.isfunction(one):
            assert inspect.signature(one).parameters.keys() == inspect.signature(other).parameters.keys()


async def _first(events: AsyncIterator[logsweep.Event], kind: str) -> logsweep.Event:
    async for event in events:
        if event.kind == kind:
            return event
    raise AssertionError("events have no end")


def _run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(coroutine)


def test_a_sweep_is_started_followed_and_read_while_others_are_awaited(server: tuple[str, Trainer]) -> None:
    url, trainer = server
    shown: list[SweepAnswer] = []

    async def session() -> None:
        async with AsyncClient(url) as client:
            sweeps = await asyncio.gather(*(client.sweep(sweep_body(seed=seed)) for seed in (1, 2)))
            thread = Thread(target=trainer.train_everything)
            thread.start()
            await asyncio.gather(*(sweep.wait(60.0, progress=shown.append) for sweep in sweeps))
            thread.join()
            assert [sweep.now.state for sweep in sweeps] == ["completed", "completed"]
            assert [one.number async for one in sweeps[0].trials(limit=3)] == [0, 1, 2, 3]
            assert len(await sweeps[0].trials().to_pandas()) == 4
            assert len(await sweeps[0].trials().to_polars()) == 4
            assert (await sweeps[0].best()).number == 0
            assert (await client.get_sweep(sweeps[1].id)).now.seed == 2
            assert {one.id async for one in client.sweeps()} == {sweep.id for sweep in sweeps}

    _run(session())
    assert {one.state for one in shown} >= {"completed"}


def test_events_and_refusals_are_those_of_the_other_client(server: tuple[str, Trainer]) -> None:
    async def session() -> None:
        async with AsyncClient(server[0]) as client:
            sweep = await client.sweep(sweep_body())
            events = await sweep.events()
            await sweep.pause()
            assert (await _first(events, "sweep")).data == {"sweep": sweep.id, "state": "paused"}
            with pytest.raises(InvalidRequest, match="Did you mean"):
                await client.sweep(sweep_body(dataset="irsi"))

    _run(session())
