"""Tests of the feeds of events over HTTP."""

import socket
from pathlib import Path

import httpx
import pytest

from app.api import events
from app.domain.events import Decided, TrialsChanged
from app.services import feed
from app.services.services import Services
from tests.app.api.following import Message, following
from tests.app.api.serving import Trainer, curve_point, finished, problem, serving, start, when_ended
from tests.app.http_server.raw import connect, request


def told(services: Services, *numbers: int, sweep: str = "swp_x") -> None:
    services.publisher.publish([Decided(sweep, number, 1) for number in numbers])


def numbers(*messages: Message) -> list[int]:
    return [message.data["first"] for message in messages if message.name == "decisions"]


def test_a_reader_is_sent_what_happens_from_now_on_with_ids_that_rise(client: httpx.Client, services: Services) -> None:
    told(services, 1)
    with following(client) as reader:
        assert reader.answer.headers["content-type"].startswith("text/event-stream")
        assert reader.answer.headers["cache-control"] == "no-cache"
        told(services, 2)
        told(services, 3, 4)
        messages = [reader.next() for _ in range(3)]
    assert numbers(*messages) == [2, 3, 4]
    boots, sequences = zip(*(message.id.split(":") for message in messages), strict=True)
    assert len(set(boots)) == 1
    assert [int(sequence) for sequence in sequences] == sorted({int(sequence) for sequence in sequences})


@pytest.mark.parametrize("by_header", [True, False])
def test_a_reader_that_comes_back_gets_what_it_missed_and_nothing_twice(
    client: httpx.Client, services: Services, by_header: bool
) -> None:
    with following(client) as reader:
        told(services, 1)
        seen = reader.next().id
    told(services, 2, 3)
    query = {"after": "ffff:1"} if by_header else {"after": seen}  # a browser goes on with its first address
    with following(client, seen=seen if by_header else None, **query) as reader:
        told(services, 4)
        assert numbers(*(reader.next() for _ in range(3))) == [2, 3, 4]


@pytest.mark.parametrize("lost", ["ffffffff:1", "{boot}:999999999"])
def test_a_reader_of_another_boot_or_with_an_unknown_place_is_told_to_read_anew(
    client: httpx.Client, services: Services, lost: str
) -> None:
    told(services, 1)
    with following(client, seen=lost.format(boot=services.publisher.feed.boot)) as reader:
        first = reader.next()
        told(services, 2)
        assert (first.name, first.data, numbers(reader.next())) == ("resync", {}, [2])


def test_a_reader_that_missed_more_than_is_remembered_is_told_to_read_anew(
    client: httpx.Client, services: Services
) -> None:
    with following(client) as reader:
        seen = reader.id
    states = dict.fromkeys(range(feed.MOST_NUMBERS), "queued")
    services.publisher.publish([TrialsChanged("swp_x", states), TrialsChanged("swp_x", states)])
    with following(client, seen=seen) as reader:
        assert reader.next().name == "resync"
        told(services, 2)
        assert numbers(reader.next()) == [2]


@pytest.mark.parametrize("wrong", ["", "x", "1", ":1", "b:", "b:-1", "g:1", "b:1 ", f"b:{'1' * 19}"])
def test_an_id_that_is_none_is_refused(shared: httpx.Client, wrong: str) -> None:
    assert "id of an event" in problem(shared.get("/v1/events", params={"after": wrong}), 400)["detail"]


def test_a_sweeps_feed_has_its_events_alone(client: httpx.Client, services: Services) -> None:
    one, other = start(client)["id"], start(client)["id"]
    with following(client, f"/v1/sweeps/{one}/events") as reader:
        told(services, 1, sweep=other)
        told(services, 2, sweep=one)
        Trainer(client).claim(trainer="another")
        told(services, 3, sweep=one)
        messages = reader.until("decisions", first=3)
    assert numbers(*messages) == [2, 3]
    assert {message.data["sweep"] for message in messages} == {one}


def test_a_sweep_that_is_not_there_has_no_feed(shared: httpx.Client) -> None:
    problem(shared.get("/v1/sweeps/swp_none/events"), 404)


def test_a_reader_hears_from_a_server_in_which_nothing_happens(
    client: httpx.Client, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "HEARTBEAT", 0.05)
    with following(client, f"/v1/sweeps/{start(client)['id']}/events") as reader:
        assert next(iter(reader)).name == ""
        told(services, 1, sweep="another")
        while reader.id != f"{services.publisher.feed.boot}:{services.publisher.feed.last}":
            next(iter(reader))


def test_workers_that_come_and_go_are_told(client: httpx.Client, trainer: Trainer) -> None:
    with following(client) as reader:
        trainer.claim()
        assert reader.next()[1:] == ("workers", {"came": ["trainer"], "left": []})
        trainer.release([])
        assert reader.next()[1:] == ("workers", {"came": [], "left": ["trainer"]})


def test_a_reader_that_does_not_read_holds_up_nobody_and_is_told_what_it_lost(
    client: httpx.Client, services: Services
) -> None:
    states = dict.fromkeys(range(feed.MOST_TRIALS), "completed")
    with connect(client, request("GET", "/v1/events"), receive_buffer=1 << 16) as slow:
        received = slow.recv(4096)
        # Far more than fits into the buffers between server and reader.
        for _ in range(1500):
            services.publisher.publish([TrialsChanged("swp_x", states)])
        with following(client) as reader:
            told(services, 1)
            assert numbers(reader.next()) == [1]
        assert len(services.publisher.feed._kept) <= feed.MOST_NUMBERS / feed.MOST_TRIALS + 1
        slow.settimeout(30)
        while b"event: resync" not in received:
            piece = slow.recv(1 << 20)
            assert piece, "the feed ended"
            received = received[-20:] + piece


def test_what_comes_while_a_reader_does_not_read_is_not_made_for_him(client: httpx.Client, services: Services) -> None:
    changed = TrialsChanged("swp_x", dict.fromkeys(range(feed.MOST_TRIALS), "completed"))
    with connect(client, request("GET", "/v1/events"), receive_buffer=4096) as slow:
        received = slow.recv(4096)
        with following(client) as reader:
            # At a pace at which whoever reads misses nothing; in all more than the feed remembers.
            for number in range(30):
                services.publisher.publish([changed] * 4)
                told(services, number)
                reader.until("decisions", first=number)
        while b"event: resync" not in received:
            received += slow.recv(1 << 20)
            assert len(received) < 1 << 19


def test_a_reader_that_does_not_read_holds_up_no_stop(tmp_path: Path) -> None:
    states = dict.fromkeys(range(feed.MOST_TRIALS), "completed")
    with socket.socket() as stuck, serving(tmp_path) as (client, services):
        stuck.connect((client.base_url.host, client.base_url.port or 80))
        stuck.sendall(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert stuck.recv(4096).startswith(b"HTTP/1.1 200")
        with following(client) as reader:
            # Far more than fits into the buffers between server and reader, which is sent a part of it at a time.
            for number in range(20):
                services.publisher.publish([TrialsChanged("swp_x", states)] * 15)
                told(services, number)
                reader.until("decisions", first=number)


def test_what_a_reader_is_told_adds_up_to_what_lists_show(client: httpx.Client, trainer: Trainer) -> None:
    with following(client) as reader:
        sweep = start(client, budget={"trials": 3})["id"]
        one, *others = trainer.leases(3)
        trainer.report(one, 1, 2)
        trainer.finish(finished(one, 0.5, curve=[curve_point(3)]), *(finished(lease, 0.25) for lease in others))
        when_ended(client, sweep)
        messages = [message for message in reader.until("sweep", state="completed") if message.name != "workers"]
        client.delete(f"/v1/sweeps/{sweep}")
        gone = reader.until("sweep", state="deleted")[-1]
    assert {message.data["sweep"] for message in [*messages, gone]} == {sweep}
    states = [message.data["trials"] for message in messages if message.name == "trials"]
    assert [set(some.values()) for some in states] == [{"queued"}, {"running"}, {"completed"}]
    assert [sorted(some) for some in states] == [["0", "1", "2"]] * 3
    stored = [message.data["epochs"] for message in messages if message.name == "epochs"]
    assert stored[0] == {"0": 2}
    assert messages[0].data["state"] == "running"


def test_a_decision_is_told_by_the_number_that_it_is_listed_under(client: httpx.Client) -> None:
    with following(client) as reader:
        scheduler = {"kind": "successive_halving", "eta": 3, "first_rung": 1}
        sweep = start(client, scheduler=scheduler, budget={"trials": 9})["id"]
        told = reader.until("decisions")[-1].data
    listed = [one["number"] for one in client.get(f"/v1/sweeps/{sweep}/decisions").json()["items"]]
    assert listed == [told["first"] + number for number in range(told["count"])]


def test_a_data_set_that_comes_and_goes_is_told(client: httpx.Client) -> None:
    table = b"x,y\n" + b"".join(b"%d,%s\n" % (row, b"ab"[row % 2 :][:1]) for row in range(40))
    with following(client) as reader:
        form = {"name": "small", "target": "y"}
        assert client.post("/v1/datasets", data=form, files={"file": ("t.csv", table)}).status_code == 201
        client.delete("/v1/datasets/small").raise_for_status()
        assert [reader.next()[1:] for _ in range(2)] == [
            ("dataset", {"name": "small", "deleted": False}),
            ("dataset", {"name": "small", "deleted": True}),
        ]


def test_what_was_refused_is_told_to_nobody(client: httpx.Client, services: Services, trainer: Trainer) -> None:
    sweep = start(client, budget={"trials": 1})["id"]
    (lease,) = trainer.leases()
    with following(client, f"/v1/sweeps/{sweep}/events") as reader:
        Trainer(client, "stranger").finish(finished(lease, 0.5))
        problem(client.delete(f"/v1/sweeps/{sweep}"), 409)
        told(services, 1, sweep=sweep)
        assert numbers(reader.next()) == [1]
