"""Workers and the server are killed at random while sweeps of every kind run; an auditor reads what is left."""

import random
from pathlib import Path
from statistics import median

import httpx
import pytest

from tests.faults.auditor import audit, read_journal
from tests.faults.recovery import recovery_seconds
from tests.faults.scene import (
    COMPARED,
    FAST_LEASE,
    SWEEPS,
    Field,
    holders,
    left_alone,
    resume,
    runs,
    under_fire,
    victims,
)
from tests.system.processes import LONG_PATIENCE, finish, post_sweep, until
from tests.system.tables import result_tables


def control(scene: Field, client: httpx.Client, sweep: str, chance: random.Random) -> None:
    """Do now and then what a user does who looks on: pause, and resume. A sweep that has just ended refuses both."""
    if chance.random() < 0.2:
        for verb in ("pause", "resume"):
            answer = client.post(f"/v1/sweeps/{sweep}/{verb}")
            assert answer.status_code in {200, 409, 502}, answer.text
    scene.server.require_life(chance.uniform(0.2, 1.2))


def survive(tmp_path: Path, workers: int, servers: int, seed: int, scale: int) -> None:
    """Kill so many workers and servers while all sweeps run, again and again; require that nothing shows of it.

    The sweeps have `scale` times their trials. In short ones the last runs are suspects soon, each tried alone.
    """
    chance, kills = random.Random(seed), ["worker"] * workers + ["server"] * servers  # noqa: S311 - it picks victims
    chance.shuffle(kills)
    with (
        under_fire(tmp_path / "data", FAST_LEASE) as scene,
        httpx.Client(base_url=scene.address, timeout=60) as client,
    ):
        sweeps = {
            name: {**spec, "budget": {"trials": scale * spec["budget"]["trials"]}} for name, spec in SWEEPS.items()
        }
        expected = {name: left_alone(scene, client, spec) for name, spec in sweeps.items()}
        ids: dict[str, str] = {}
        while kills:
            ids = {name: post_sweep(client, {**spec, "name": name}) for name, spec in sweeps.items()}
            while kills and any(runs(client, sweep) for sweep in ids.values()):
                control(scene, client, chance.choice(list(ids.values())), chance)
                places = victims(scene)
                if kills.pop() == "server" or not places:
                    scene.kill_server()
                else:
                    scene.kill_worker(chance.choice(places))
            for name, sweep in ids.items():
                resume(client, sweep)
                ended = finish(scene.server.client, sweep, LONG_PATIENCE)
                assert (ended["state"], ended["counts"]["failed"]) == ("completed", 0), ended["reason"]
                found = result_tables(scene.data, sweep)
                assert {part: found[part] for part in COMPARED} == expected[name]
    entries = read_journal(scene.journal)
    assert audit(scene.data / "logsweep.db", entries) == []


def test_twenty_killed_workers_and_ten_killed_servers_lose_and_double_nothing(tmp_path: Path) -> None:
    survive(tmp_path, workers=20, servers=10, seed=1, scale=1)


@pytest.mark.large
def test_five_hundred_killed_workers_and_150_killed_servers_lose_and_double_nothing(tmp_path: Path) -> None:
    survive(tmp_path, workers=500, servers=150, seed=2, scale=10)


def recovered(tmp_path: Path, kills: int, lease_seconds: float) -> list[float]:
    """Kill one of two workers so often, each time when all runs are held; return the seconds until they were again."""
    endless = {"fixed": {"epochs": 1_000_000, "hidden_units": [8]}, "space": LONG, "budget": {"trials": RUNS}}
    with under_fire(tmp_path / "data", lease_seconds, workers=2) as scene:
        sweep = post_sweep(scene.server.client, {**SWEEPS["plain"], **endless})
        for number in range(kills):
            until(lambda: settled(scene), "all runs go on", LONG_PATIENCE)
            scene.kill_worker(number % 2)
        until(lambda: settled(scene), "all runs go on", LONG_PATIENCE)
        scene.server.client.post(f"/v1/sweeps/{sweep}/cancel").raise_for_status()
    return sorted(recovery_seconds(scene.data / "logsweep.db", scene.killed))


def settled(scene: Field) -> bool:
    """Return whether workers that live hold all runs, and each got further than it was when it was lost.

    One that is lost three times before it gets further waits until it can be tried alone.
    """
    found = holders(scene)
    return len(found) == RUNS and not any(losses or name in scene.killed for name, losses in found)


RUNS = 8
LONG = {"learning_rate": {"kind": "float", "low": 1e-6, "high": 1e-5, "scale": "log"}}


def test_with_a_short_lease_lost_runs_go_on_soon(tmp_path: Path) -> None:
    seconds = recovered(tmp_path, 2, FAST_LEASE)
    assert len(seconds) >= 2
    assert min(seconds) < 10.0  # of a machine that has much else to do; docs/testing.md has what idle ones take


@pytest.mark.large
@pytest.mark.parametrize(("lease_seconds", "most", "kills"), [(FAST_LEASE, 5.0, 25), (30.0, 40.0, 10)])
def test_lost_runs_go_on_within_the_time_that_is_promised(
    tmp_path: Path, lease_seconds: float, most: float, kills: int
) -> None:
    seconds = recovered(tmp_path, kills, lease_seconds)
    p99 = seconds[int(0.99 * len(seconds))]
    told = f"lease of {lease_seconds:g} s, {kills} kills, {len(seconds)} runs lost: median {median(seconds):.1f} s"
    print(f"{told}, p99 {p99:.1f} s, slowest {seconds[-1]:.1f} s")  # noqa: T201
    assert p99 <= most
