"""Tests of who is woken by what was committed."""

import asyncio

import pytest

from app.domain.events import SweepChanged
from app.services.publisher import Publisher


@pytest.mark.parametrize(("state", "woken"), [("cancelled", True), ("paused", False)])
def test_the_end_of_a_cancelled_sweep_calls_claims_that_others_hands_held_back(state: str, woken: bool) -> None:
    assert asyncio.run(_called(state)) == woken


async def _called(state: str) -> bool:
    publisher = Publisher("boot")
    with publisher.claims.place("w1", ("engine", 1)) as place:
        publisher.claims.may_find(place)
        publisher.claims.looked(place, found=False, held_back=True)
        turn = asyncio.create_task(publisher.claims.turn(place))
        await asyncio.sleep(0)  # it sleeps in the line now
        await asyncio.to_thread(publisher.publish, [SweepChanged("swp_1", state)])
        await asyncio.to_thread(list)  # what was sent to the loop from that thread has arrived
        done = turn.done() or bool((await asyncio.wait([turn], timeout=0))[0])
        turn.cancel()
        return done
