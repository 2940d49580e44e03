"""Six pairs of sampler and scheduler in one server: workers, plans and the server are killed, and nobody sees it."""

import os
import random
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from tests.system.processes import LONG_PATIENCE, ServerProcess, finish, gone, post_sweep, running, until
from tests.system.tables import result_tables

SPACE = {
    "learning_rate": {"kind": "float", "low": 1e-3, "high": 3.0, "scale": "log"},
    "optimizer": {"kind": "choice", "values": ["momentum", "rmsprop", "adam"]},
    "hidden_units": {"kind": "choice", "values": [[16], [32, 16]]},
    "keep_prob": {"kind": "float", "low": 0.7, "high": 1.0},
}
HALVED = {"kind": "successive_halving", "eta": 3, "first_rung": 1}
PAIRS: Mapping[str, dict[str, Any]] = {
    "random with successive_halving": {"scheduler": HALVED, "replicates": 2, "budget": {"trials": 18}},
    "sobol with hyperband": {"scheduler": {"kind": "hyperband", "first_rung": 1}, "budget": {"trials": 27}},
    "latin_hypercube with median": {"scheduler": {"kind": "median", "first_rung": 2, "bracket": 8}},
    "gp with thaw": {"scheduler": {"kind": "thaw", "batch": 4}, "budget": {"trials": 12, "epochs": 100}},
    "tpe with successive_halving": {"scheduler": {**HALVED, "bracket": 9}, "budget": {"trials": 27}},
    "gp with none": {"replicates": 2, "budget": {"trials": 16}},
}
KILLS = 6

Tables = Mapping[str, Any]


def body(pair: str) -> dict[str, Any]:
    """Return the sweep of a pair."""
    sampler = pair.partition(" with ")[0]
    fixed = {"epochs": 9, "batch_size": 64}
    same = {"name": pair, "dataset": "digits", "seed": 19, "space": SPACE, "fixed": fixed, "budget": {"trials": 16}}
    return {**same, "sampler": {"kind": sampler}, "early_stopping": {"patience": 6}, **PAIRS[pair]}


def left(server: ServerProcess, data: Path, sweeps: Mapping[str, str]) -> dict[str, Tables]:
    """Wait until all sweeps have ended; return what they left, and their winners."""
    found = dict[str, Tables]()
    for pair, sweep in sweeps.items():
        ended = finish(server.client, sweep, LONG_PATIENCE)
        assert (ended["state"], ended["reproducible"], ended["counts"]["failed"]) == ("completed", True, 0)
        found[pair] = {**result_tables(data, sweep), "winner": ended["best"], "reason": ended["reason"]}
    return found


def still(client: httpx.Client, sweeps: Mapping[str, str]) -> int:
    """Return how many of the sweeps run."""
    return sum(client.get(f"/v1/sweeps/{sweep}").json()["state"] == "running" for sweep in sweeps.values())


def kill_some(server: ServerProcess, chance: random.Random, kills: int) -> None:
    """Kill so many of the server's processes at random moments: workers, and now and then the one of its plans."""
    done = 0
    while done < kills:
        server.require_life(chance.uniform(0.0, 1.0))
        candidates = server.planners() if chance.random() < 0.3 else server.children()
        with suppress(ProcessLookupError):  # it had died meanwhile
            for victim in chance.sample(candidates, min(len(candidates), 1)):
                os.kill(victim, signal.SIGKILL)
                done += 1


def undisturbed(data: Path) -> dict[str, Tables]:
    """Return what one worker leaves that nobody disturbs."""
    server = ServerProcess(data, workers=1)
    with running(server):
        return left(server, data, {pair: post_sweep(server.client, body(pair)) for pair in PAIRS})


def under_fire(data: Path, seed: int) -> dict[str, Tables]:
    """Return what two workers leave that are killed at random, with a server that is killed in between."""
    chance = random.Random(seed)  # noqa: S311 - it picks victims, no secrets
    server = ServerProcess(data, workers=2, slots=16)
    with running(server):
        sweeps = {pair: post_sweep(server.client, body(pair)) for pair in PAIRS}
        kill_some(server, chance, KILLS // 2)
        orphans = [*server.children(), *server.planners()]
        assert still(server.client, sweeps) >= 3, "the sweeps ended before the server was killed: make them longer"
        server.kill()
        until(lambda: all(gone(orphan) for orphan in orphans), "all ends with the server")
    again = ServerProcess(data, workers=2, slots=16)
    with running(again):
        kill_some(again, chance, KILLS - KILLS // 2)
        assert still(again.client, sweeps) >= 1, "the sweeps ended before all kills were done: make them longer"
        return left(again, data, sweeps)


def test_six_pairs_are_the_same_to_the_bit_under_random_kills_and_a_restart(tmp_path: Path) -> None:
    alone, disturbed = undisturbed(tmp_path / "alone"), under_fire(tmp_path / "fire", seed=4)
    for pair, tables in alone.items():
        assert len(tables["trials"]) >= 12, pair
        assert len(tables["models"]) >= 1, pair
        assert tables["winner"] is not None, pair
        for name, rows in tables.items():
            assert disturbed[pair][name] == rows, f"{pair}: {name}"
