"""Workers are stopped past their leases and go on, also while the machine has far more to do than it can."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.faults.auditor import audit, read_journal
from tests.faults.scene import COMPARED, FAST_LEASE, SWEEPS, Field, holders, left_alone, runs, under_fire
from tests.system.processes import finish, post_sweep, until
from tests.system.tables import result_tables

_BURN = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: pass"

END = 300.0
"""Seconds in which a sweep must end once nobody is stopped any more; it needs about ten on an idle machine."""


@contextmanager
def burning(processes: int) -> Iterator[None]:
    """Let so many processes do nothing, as fast as they can."""
    with ExitStack() as stack:
        for _ in range(processes):
            burner = subprocess.Popen([sys.executable, "-c", _BURN])
            stack.callback(burner.wait)
            stack.callback(burner.kill)
        yield


def stall(scene: Field, chance: random.Random) -> None:
    """Stop some of the workers until their leases have run out, and let them go on."""
    sleepers = chance.sample(scene.crew, chance.randint(1, len(scene.crew)))
    for sleeper in sleepers:
        sleeper.send(signal.SIGSTOP)
    names = {sleeper.name for sleeper in sleepers}
    until(lambda: not names & {name for name, _ in holders(scene)}, "their leases have run out")
    for sleeper in sleepers:
        sleeper.send(signal.SIGCONT)
    scene.server.require_life(chance.uniform(0.0, 1.0))


def sleep_through_leases(tmp_path: Path, stalls: int, burners: int, seed: int, scale: int) -> None:
    """Stop workers so often while sweeps of every kind run, beside so many burners; nothing may show of it."""
    chance, done = random.Random(seed), 0  # noqa: S311 - it picks victims
    sweeps = {name: {**spec, "budget": {"trials": scale * spec["budget"]["trials"]}} for name, spec in SWEEPS.items()}
    with under_fire(tmp_path / "data", FAST_LEASE) as scene, httpx.Client(base_url=scene.address, timeout=60) as client:
        expected = {name: left_alone(scene, client, spec) for name, spec in sweeps.items()}
        with burning(burners):
            while done < stalls:
                ids = {name: post_sweep(client, {**spec, "name": name}) for name, spec in sweeps.items()}
                while done < stalls and any(runs(client, sweep) for sweep in ids.values()):
                    stall(scene, chance)
                    done += 1
                for name, sweep in ids.items():
                    ended = finish(scene.server.client, sweep, END)
                    assert (ended["state"], ended["counts"]["failed"]) == ("completed", 0), ended["reason"]
                    found = result_tables(scene.data, sweep)
                    assert {part: found[part] for part in COMPARED} == expected[name]
        assert all(worker.process.poll() is None for worker in scene.crew), "a stale lease must not end a worker"
    assert audit(scene.data / "logsweep.db", read_journal(scene.journal)) == []


@pytest.mark.large
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("burners", [0, 4 * (os.cpu_count() or 1)])
def test_workers_that_sleep_through_their_leases_change_nothing_at_any_load(
    tmp_path: Path, burners: int, seed: int
) -> None:
    sleep_through_leases(tmp_path, 12, burners, seed, scale=1)
