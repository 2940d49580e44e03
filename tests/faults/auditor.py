"""Holds what is in logsweep.db against what its clients were told. It shares no code with the service.

`python -m tests.faults.auditor logsweep.db journal.jsonl` prints what is wrong, and ends with 1 if anything is. A line
of a journal is a request as a client saw it: when it was sent and answered, method, path, JSON, status, JSON.
"""

import json
import sqlite3
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OPEN = {"queued", "running", "paused"}
FILES = {"logsweep.db", "logsweep.db-wal", "logsweep.db-shm", "logsweep.lock", "cache"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A request and its answer, with the seconds at which they passed."""

    sent: float
    answered: float
    method: str
    path: str
    asked: Any
    status: int
    answer: Any

    @property
    def done(self) -> bool:
        """Whether the client was told that it was done."""
        return 200 <= self.status < 300


def read_journal(file: Path) -> list[Entry]:
    """Return the entries of a journal, in the order of their answers."""
    entries = [Entry(**json.loads(line)) for line in file.read_text().splitlines()]
    return sorted(entries, key=lambda one: one.answered)


def audit(database: Path, journal: Sequence[Entry]) -> list[str]:
    """Return what is wrong, a sentence each: with the file (I1, I3, I5, I7, I9), and with what was told (I2 to I4)."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        checks = (_engine(db), _conservation(db), _attempts(db), _states(db), _told_sweeps(db, journal))
        found = [fault for check in checks for fault in check]
        found += [*_told_epochs(db, journal), *_told_results(db, journal)]
    return [*found, *_fences(journal), *_left_behind(database.parent)]


def _engine(db: sqlite3.Connection) -> Iterator[str]:
    """I7: the file itself is sound."""
    for (verdict,) in db.execute("PRAGMA integrity_check"):
        if verdict != "ok":
            yield f"I7: {verdict}"
    for row in db.execute("PRAGMA foreign_key_check"):
        yield f"I7: a row of {row[0]} names one of {row[2]} that is not there"


def _conservation(db: sqlite3.Connection) -> Iterator[str]:
    """I1: what was drawn is there, each once, and the counts are those of the states."""
    for sweep in db.execute("SELECT * FROM sweeps WHERE deleted = 0").fetchall():
        states = [
            row["state"]
            for row in db.execute("SELECT state FROM stored_trials WHERE sweep_key = ? ORDER BY number", [sweep["key"]])
        ]
        last = db.execute("SELECT max(number) FROM stored_trials WHERE sweep_key = ?", [sweep["key"]]).fetchone()[0]
        if not len(states) == sweep["drawn"] == (0 if last is None else last + 1):
            yield f"I1: {sweep['id']} has drawn {sweep['drawn']} trials, and has {len(states)}, up to number {last}"
        kept = dict(db.execute("SELECT * FROM sweep_counts WHERE sweep_key = ?", [sweep["key"]]).fetchone())
        counted = Counter(states)
        wrong = {name: count for name, count in kept.items() if name in _STATES and counted[name] != count}
        if wrong:
            yield f"I1: {sweep['id']} counts {wrong}, and has {dict(counted)}"
    for row in db.execute(
        "SELECT t.number, t.sweep_key FROM stored_trials t LEFT JOIN stored_runs r ON r.sweep_key = t.sweep_key "
        "AND r.trial = t.number WHERE r.key IS NULL AND t.same_as IS NULL"
    ):
        yield f"I1: trial {row['number']} of the sweep with key {row['sweep_key']} has no run"


_STATES = {"queued", "running", "paused", "completed", "pruned", "diverged", "failed", "cancelled"}


def _attempts(db: sqlite3.Connection) -> Iterator[str]:
    """I3: every hold of a run has ended once, but for the one that lasts."""
    for row in db.execute(
        "SELECT r.key, r.fence, r.state, count(a.fence) AS ended, max(a.fence) AS last "
        "FROM stored_runs r LEFT JOIN attempts a ON a.run_key = r.key GROUP BY r.key"
    ):
        holds = row["fence"] - (row["state"] == "running")
        if row["ended"] != holds or (row["last"] or 0) > row["fence"]:
            yield f"I3: run {row['key']} was held {holds} times and has {row['ended']} ends, up to fence {row['last']}"
    for row in db.execute(
        "SELECT run_key, count(*) - max(epoch) + min(epoch) - 1 AS gap FROM stored_epochs GROUP BY 1"
    ):
        if row["gap"]:
            yield f"I3: the curve of run {row['run_key']} has a gap"


def _states(db: sqlite3.Connection) -> Iterator[str]:
    """I5: nothing is open in what has ended, and a trial of one run is where its run is."""
    for row in db.execute(
        "SELECT s.id, s.state, t.number, t.state AS trial FROM stored_trials t JOIN sweeps s ON s.key = t.sweep_key "
        "WHERE s.state IN ('completed', 'cancelled', 'failed') AND t.state IN ('queued', 'running', 'paused')"
    ):
        yield f"I5: {row['id']} is {row['state']}, and its trial {row['number']} {row['trial']}"
    for row in db.execute(
        "SELECT r.key, r.state, t.state AS trial FROM stored_runs r JOIN stored_trials t "
        "ON t.sweep_key = r.sweep_key AND t.number = r.trial WHERE t.replicates = 1 AND r.state <> t.state"
    ):
        yield f"I5: run {row['key']} is {row['state']}, and its trial {row['trial']}"


def _told_sweeps(db: sqlite3.Connection, journal: Sequence[Entry]) -> Iterator[str]:
    """I2: what was made, and not deleted, is there."""
    there = {row["id"] for row in db.execute("SELECT id FROM sweeps WHERE deleted = 0")}
    deleted = {one.path.rpartition("/")[2] for one in journal if one.method == "DELETE"}
    for one in journal:
        made = one.answer["id"] if one.done and one.method == "POST" and one.path == "/v1/sweeps" else None
        if made and made not in there | deleted:
            yield f"I2: the sweep {made} was told as made, and is not there"


def _told_epochs(db: sqlite3.Connection, journal: Sequence[Entry]) -> Iterator[str]:
    """I2: epochs that were taken are there."""
    there = {(row[0], row[1]) for row in db.execute("SELECT run_key, epoch FROM stored_epochs")}
    known = {row[0] for row in db.execute("SELECT key FROM stored_runs")}
    for one in journal:
        if not (one.done and one.path == "/v1/work/report"):
            continue
        for item, decision in zip(one.asked["items"], one.answer["items"], strict=True):
            run = item["lease"]["run"]
            lacking = [epoch["epoch"] for epoch in item["epochs"] if (run, epoch["epoch"]) not in there]
            if decision["decision"] != "stop" and run in known and lacking:
                yield f"I2: the epochs {lacking} of run {run} were taken, and are not there"


def _told_results(db: sqlite3.Connection, journal: Sequence[Entry]) -> Iterator[str]:
    """I2 and I3: a result that was recorded is there, and no run has two that end it."""
    rows = {row["key"]: row for row in db.execute("SELECT * FROM stored_runs")}
    ends: dict[int, set[int]] = defaultdict(set)
    for item, receipt, _ in _results(journal):
        run, fence = item["lease"]["run"], item["lease"]["fence"]
        if receipt["outcome"] not in {"recorded", "repeated"} or run not in rows:
            continue
        if (rows[run]["recorded_fence"] or 0) < fence:
            yield f"I2: a result of run {run} was recorded under fence {fence}, and is not there"
        if item["state"] in {"completed", "diverged"}:
            ends[run].add(fence)
            if rows[run]["epochs"] < item["epochs"] or rows[run]["state"] in {"queued", "running"}:
                yield f"I2: run {run} ended at epoch {item['epochs']} as it was told, and does not say so"
    for run, fences in ends.items():
        if len(fences) > 1 and rows[run]["asked"] == rows[run]["epochs"]:
            yield f"I3: run {run} has ended under the fences {sorted(fences)}"


def _fences(journal: Sequence[Entry]) -> Iterator[str]:
    """I4: no result is taken from a hold once a client was given a later one."""
    granted: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for one in journal:
        if one.done and one.path == "/v1/work/claim":
            for claimed in one.answer["runs"]:
                granted[claimed["lease"]["run"]].append((one.answered, claimed["lease"]["fence"]))
    for item, receipt, sent in _results(journal):
        run, fence = item["lease"]["run"], item["lease"]["fence"]
        later = [other for answered, other in granted[run] if answered < sent and other > fence]
        if receipt["outcome"] == "recorded" and later:
            yield f"I4: a result of run {run} was recorded under fence {fence} after fence {max(later)} was given out"


def _results(journal: Sequence[Entry]) -> Iterator[tuple[Any, Any, float]]:
    for one in journal:
        if one.done and one.path == "/v1/work/finish":
            for item, receipt in zip(one.asked["items"], one.answer["items"], strict=True):
                yield item, receipt, one.sent


def _left_behind(folder: Path) -> Iterator[str]:
    """I9: nothing half done lies in the data folder."""
    for file in folder.iterdir():
        if file.name not in FILES:
            yield f"I9: {file.name} lies in the data folder"
    for file in folder.glob("cache/**/*.partial*"):
        yield f"I9: {file.name} lies in the cache"


def main(database: str, journal: str) -> int:
    """Print what is wrong; return 1 if anything is."""
    found = audit(Path(database), read_journal(Path(journal)))
    for fault in found:
        print(fault)  # noqa: T201  # a program
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
