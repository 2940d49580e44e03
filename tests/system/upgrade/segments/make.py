"""Make the data folder that the test of the upgrade from segments begins with, by the code of their last commit.

That is 35c4d7d. A sweep in the folder is older: 40d3dd1, the last with rules 2, posts it and trains a third of it.

    git worktree add --detach /tmp/rules_2 40d3dd1
    git worktree add --detach /tmp/segments 35c4d7d
    PYTHONPATH=/tmp/rules_2 python tests/system/upgrade/segments/make.py begin /tmp/data
    PYTHONPATH=/tmp/segments python tests/system/upgrade/segments/make.py go-on /tmp/data

It leaves `before.zip`: logsweep.db with sweeps that have ended in every way and with running ones, whose segments are
queued, leased, suspect and lost for good; and `after.zip`: how that database reads over REST and in its tables, and
what the same code then makes of it with one worker: trials, curves, weights, model files and predictions.

All that is imported of the tests is imported from those worktrees.
"""

import json
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from app.domain.work import Progress, ReportRequest, Segment
from app.services.services import Services
from tests.app.api.serving import serving
from tests.system.processes import until
from tests.system.upgrade.make import LOCAL, ROWS, Hand, archive, models, tables_of, upload

HERE = Path(__file__).parent
REMOTE = "elsewhere"
LONG = 600.0
"""Seconds of a lease that shall outlive the making: nobody sends heartbeats."""

_LEARNING_RATE = {"kind": "float", "low": 0.02, "high": 0.2, "scale": "log"}
SWEEPS: Mapping[str, Mapping[str, Any]] = {
    "older rules": {
        "dataset": "mine",
        "seed": 1,
        "space": {"learning_rate": _LEARNING_RATE, "batch_norm": {"kind": "choice", "values": [True, False]}},
        "fixed": {"hidden_units": [5], "epochs": 4},
        "budget": {"trials": 12},
        "keep_models": 12,
    },
    "completed": {
        "dataset": "wine",
        "seed": 2,
        "space": {"learning_rate": _LEARNING_RATE},
        "fixed": {"hidden_units": [4], "epochs": 3},
        "early_stopping": {"patience": 2, "min_delta": 0.01},
        "budget": {"trials": 5},
        "keep_models": 2,
    },
    "on deleted data": {
        "dataset": "deleted",
        "seed": 3,
        "space": {"learning_rate": _LEARNING_RATE},
        "fixed": {"hidden_units": [3], "epochs": 3},
        "budget": {"trials": 3},
        "keep_models": 1,
    },
    "cancelled": {
        "dataset": "iris",
        "seed": 4,
        "space": {"learning_rate": _LEARNING_RATE},
        "fixed": {"hidden_units": [3], "epochs": 3},
        "budget": {"trials": 12},
        "keep_models": 3,
    },
    "out of time": {
        "dataset": "diabetes",
        "seed": 5,
        "space": {"learning_rate": _LEARNING_RATE},
        "fixed": {"hidden_units": [3], "epochs": 3},
        "budget": {"trials": 10, "seconds": 3.0},
    },
    # The penalty of 5000 is too strong for any step, so that the loss leaves all bounds after some epochs.
    "running": {
        "dataset": "iris",
        "seed": 6,
        "space": {
            "learning_rate": _LEARNING_RATE,
            "l2": {"kind": "choice", "values": [0.0, 500.0, 5000.0], "weights": [3, 1, 1]},
            "hidden_units": {"kind": "choice", "values": [[3], [4]]},
        },
        "fixed": {"epochs": 8, "batch_size": 8, "optimizer": "sgd", "warmup_epochs": 8},
        "objective": {"metric": "train_loss", "diverged": "best_epoch"},
        "early_stopping": {"patience": 4},
        "budget": {"trials": 40, "seconds": 1e9},
        "keep_models": 32,
    },
    "many": {
        "dataset": "iris",
        "seed": 7,
        "space": {"batch_size": {"kind": "choice", "values": [64, 128]}},
        "fixed": {"hidden_units": [2], "epochs": 1},
        "objective": {"metric": "train_loss"},
        "budget": {"trials": 1040},
        "keep_models": 4,
    },
}
"""In the order in which they are posted, which is that in which their trials are handed out."""

DELETED = "length,colour,price\n" + "".join(
    f"{length / 7:.2f},{colour},{length * factor / 3:.2f}\n"
    for length in range(1, 21)
    for colour, factor in (("red", 1), ("green", 2), ("blue", 3))
)
DELETED_ROWS = ({"length": 1.5, "colour": "red"}, {"length": 2.5, "colour": "blue"})


class SlowHand(Hand):
    """A worker whose steps are taken one by one, and that can stop in the middle."""

    def train(self, segments: Sequence[Segment], turns: int) -> None:
        """Train so many epochs of stacks by turns, report them, and keep the leases."""
        trainer = self._trainer(segments)
        for _ in range(turns):
            turn = trainer.train({})
            self._post("report", ReportRequest(LOCAL, [Progress(lease, [epoch]) for lease, epoch in turn.epochs]))


def begin(folder: Path) -> None:
    """Post the sweep of older rules, and finish a third of its trials."""
    with serving(folder) as (client, _):
        upload(client).raise_for_status()
        post(client, "older rules")
        hand = Hand(client)
        claimed = hand.claim(LOCAL, 64)
        hand.finish(claimed[0::3])
        hand.release([*claimed[1::3], *claimed[2::3]])


def go_on(folder: Path) -> None:
    """Bring all sweeps to where the upgrade meets them."""
    with serving(folder, lease_seconds=LONG) as (client, _):
        hand = SlowHand(client)
        hand.claim("local-0", 64)  # the trials of older rules, which come first and would be in the way
        end_in_all_ways(client, hand)
    with serving(folder, lease_seconds=LONG) as (client, services):
        hand = SlowHand(client)
        older = hand.claim("local-0", 64)
        post(client, "running")
        post(client, "many")
        leave_running(services, hand)
        hand.train(older[0::2], turns=3)
        hand.release(older[1::2])


def end_in_all_ways(client: httpx.Client, hand: SlowHand) -> None:
    """End a sweep in each of the ways there are, one of them on data that are deleted then."""
    files = {"file": ("deleted.csv", DELETED)}
    client.post("/v1/datasets", data={"name": "deleted", "target": "price"}, files=files).raise_for_status()
    for name in ("completed", "on deleted data"):
        post(client, name)
        hand.finish(hand.claim(LOCAL, 64))
    client.delete("/v1/datasets/deleted").raise_for_status()
    cancelled = post(client, "cancelled")
    leave_open(client, hand, cancelled)
    client.post(f"/v1/sweeps/{cancelled}/cancel").raise_for_status()
    timed = post(client, "out of time")
    leave_open(client, hand, timed)
    until(lambda: client.get(f"/v1/sweeps/{timed}").json()["state"] == "completed", "its time is up")


def leave_open(client: httpx.Client, hand: SlowHand, sweep: str) -> None:
    """Finish three trials of a sweep, begin two, lease one elsewhere, leave the others queued."""
    hand.finish(hand.claim(LOCAL, 3))
    hand.train(hand.claim(LOCAL, 2), turns=2)
    hand.claim(REMOTE, 1)
    counts = client.get(f"/v1/sweeps/{sweep}").json()["counts"]
    assert (counts["completed"], counts["running"], counts["queued"] > 0) == (3, 3, True), counts


def leave_running(services: Services, hand: SlowHand) -> None:
    """Leave trials in every state: finished, in training here and elsewhere, queued, suspect and failed."""
    claimed = hand.claim(LOCAL, 22)
    hand.claim(REMOTE, 3)
    lose(services, hand, 5, times=3)
    lose(services, hand, 1, times=3)  # the first of the five, which is alone from now on: it fails
    lose(services, hand, 1, times=2)
    second = hand.claim("local-3", 1)
    lose(services, hand, 1, times=1)
    hand.claim("local-4", 1)  # the third, which is suspect and leased
    hand.release(second)
    hand.finish(claimed[:12])
    hand.train(claimed[12:18], turns=3)
    hand.release(claimed[18:])


def lose(services: Services, hand: SlowHand, slots: int, times: int) -> None:
    """Let a worker claim and die so many times."""
    for _ in range(times):
        assert len(hand.claim("local-2", slots)) == slots
        assert services.work.lose_worker("local-2") == slots


def post(client: httpx.Client, name: str) -> str:
    """Start one of the sweeps; return its id."""
    return str(client.post("/v1/sweeps", json={"name": name, **SWEEPS[name]}).raise_for_status().json()["id"])


def queue_of(folder: Path, ids: Mapping[str, str]) -> dict[str, Any]:
    """Return the losses of the segments that lost a worker, and the highest fence of each trial that was leased."""
    losses = "SELECT trial, losses FROM segments WHERE sweep_id = ? AND losses > 0 ORDER BY trial"
    fences = """
        SELECT number, max(ifnull(trials.fence, 0), ifnull(segments.fence, 0)) AS highest
        FROM trials LEFT JOIN segments ON segments.sweep_id = trials.sweep_id AND trial = number
        WHERE trials.sweep_id = ? AND highest > 0 ORDER BY number
    """
    with closing(sqlite3.connect(folder / "logsweep.db")) as connection:
        return {
            "losses": {name: connection.execute(losses, (sweep,)).fetchall() for name, sweep in ids.items()},
            "fences": {name: connection.execute(fences, (sweep,)).fetchall() for name, sweep in ids.items()},
        }


def check(folder: Path, ids: Mapping[str, str]) -> None:
    """Require that the folder has what the test is about."""
    running = ids["running"]
    with closing(sqlite3.connect(folder / "logsweep.db")) as connection:

        def rows(query: str, *values: str) -> list[tuple[Any, ...]]:
            return connection.execute(query, values).fetchall()

        leased = "SELECT losses FROM segments WHERE sweep_id = ? AND state = 'leased' AND worker GLOB ?"
        suspects = "SELECT losses FROM segments WHERE sweep_id = ? AND losses >= 3 ORDER BY losses"
        failed = "SELECT number FROM trials WHERE sweep_id = ? AND state = 'failed'"
        kept = "SELECT state FROM models JOIN trials ON models.sweep_id = trials.sweep_id AND trial = number"
        reported = "SELECT DISTINCT trial FROM epochs JOIN segments USING (sweep_id, trial) WHERE sweep_id = ?"
        assert rows(suspects, running) == [(3,), (3,), (4,), (5,)]
        assert len(rows(failed, running)) == 1
        assert ("diverged",) in rows(f"{kept} WHERE trials.sweep_id = ?", running)
        assert (len(rows(leased, running, REMOTE)), len(rows(leased, running, "local-*"))) == (3, 7)
        assert len(rows(reported, running)) > 1
        assert rows("SELECT drawn, started_at FROM sweeps WHERE id = ?", ids["many"]) == [(1024, None)]
        assert rows("SELECT json_extract(spec, '$.rules') FROM sweeps WHERE id = ?", ids["older rules"]) == [(2,)]


def read(client: httpx.Client, sweep: str) -> dict[str, Any]:
    """Return how a sweep, its first page of trials and a curve read over REST; and its best trial, if it has one."""
    found = get(client, f"/v1/sweeps/{sweep}")
    about = {"sweep": found, "trials": get(client, f"/v1/sweeps/{sweep}/trials")["items"]}
    if found["best"] is None:
        return about
    curve = get(client, f"/v1/sweeps/{sweep}/trials/{found['best']['trial']}/curve")["items"]
    return {**about, "best": get(client, f"/v1/sweeps/{sweep}/best"), "curve": curve}


def get(client: httpx.Client, path: str) -> Any:
    """Return the JSON of an answer."""
    return client.get(path).raise_for_status().json()


def end(folder: Path) -> dict[str, Any]:
    """Read what is in the folder, finish its sweeps, and return both, with models and what they predict."""
    with serving(folder, lease_seconds=LONG) as (client, services):
        hand = Hand(client)
        ids = {sweep["name"]: sweep["id"] for sweep in get(client, "/v1/sweeps")["items"]}
        before = {"mine": get(client, "/v1/datasets/mine")}
        before |= {"read": {name: read(client, sweep) for name, sweep in ids.items()}, **queue_of(folder, ids)}
        services.work.lose_worker(REMOTE)
        while any(get(client, f"/v1/sweeps/{sweep}")["state"] == "running" for sweep in ids.values()):
            hand.finish(hand.claim(LOCAL, 64))
        predictions = {name: predicted(client, ids[name], rows) for name, rows in rows_of(client).items()}
        sweeps = {name: get(client, f"/v1/sweeps/{sweep}") for name, sweep in ids.items()}
    ends = {name: tables_of(folder, sweep) for name, sweep in ids.items()}
    return {"ids": ids, "before": before, "sweeps": sweeps, "ends": ends, "predictions": predictions}


def rows_of(client: httpx.Client) -> dict[str, Sequence[Mapping[str, Any]]]:
    """Return rows to predict for the best models of some sweeps."""
    return {
        "completed": around(client, "wine"),
        "running": around(client, "iris"),
        "older rules": ROWS,
        "on deleted data": DELETED_ROWS,
    }


def around(client: httpx.Client, dataset: str) -> list[Mapping[str, Any]]:
    """Return rows around the medians of a built-in data set."""
    columns = get(client, f"/v1/datasets/{dataset}")["card"]["columns"]
    return [{column["name"]: column["fill"] * factor for column in columns} for factor in (1.0, 0.8, 1.3)]


def predicted(client: httpx.Client, sweep: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the best model of a sweep as files, and what it predicts over REST and from its file."""
    made = models(client, sweep, rows)
    text, _ = made["predicted"]
    return {**made, "predicted": text}


def main() -> None:
    """Take the step that the command line names."""
    step, folder = sys.argv[1], Path(sys.argv[2])
    if step == "begin":
        begin(folder)
        return
    go_on(folder)
    with closing(sqlite3.connect(folder / "logsweep.db")) as connection:
        ids = dict(connection.execute("SELECT name, id FROM sweeps").fetchall())
        check(folder, ids)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("VACUUM")
    archive(HERE / "before.zip", {"logsweep.db": (folder / "logsweep.db").read_bytes()})
    with tempfile.TemporaryDirectory() as temporary:
        after = end(Path(shutil.copytree(folder, Path(temporary, "after"))))
    archive(HERE / "after.zip", {"after.json": json.dumps(after).encode()})


if __name__ == "__main__":
    main()
