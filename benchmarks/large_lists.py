"""How fast a sweep of a million trials is read: itself, first pages, and pages by any column, filtered or not."""

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

from app.domain.filters import Condition, Field, Position, TrialQuery
from app.domain.states import TrialState
from app.planning import StandardPolicy
from app.storage import SqliteStorage
from benchmarks.large_sweep import fill
from benchmarks.spread import Target, show_table
from benchmarks.trial_bytes import SWEEP

TRIALS, COLD_ROUNDS, WARM_ROUNDS, LIMIT = 1_000_000, 20, 40, 51
START, COLD, SCAN, WARM = (Target("<=", limit, " ms") for limit in (2000.0, 10.0, 2000.0, 50.0))

RATE, UNITS, ERROR = Field("l2", "param"), Field("hidden_units", "param"), Field("dev_error", "metric")
SORTS = {
    "param.l2": RATE,
    "param.hidden_units": UNITS,
    "param.optimizer": Field("optimizer", "param"),
    "dev_error": ERROR,
    "seconds": Field("seconds"),
    "finished_at": Field("finished_at"),
    "state": Field("state"),
}
FILTERS = {
    "": (),
    "dev_error<0.01": (Condition(ERROR, "<", 0.01),),
    "param.hidden_units!=[64, 32], dev_error>0.5": (
        Condition(UNITS, "!=", [64, 32]),
        Condition(ERROR, ">", 0.5),
    ),
}
FIRST_PAGES = {
    "number": TrialQuery(),
    "-number": TrialQuery(descending=True),
    "value": TrialQuery(sort=Field("value")),
    "-value": TrialQuery(sort=Field("value"), descending=True),
    "number, state=completed or failed": TrialQuery((TrialState.COMPLETED, TrialState.FAILED)),
}


def main() -> None:
    """Fill a file, and print what each read of it takes, cold and warm."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else TRIALS
    with TemporaryDirectory(prefix="logsweep-") as name:
        folder = Path(name)
        fill(folder, trials)
        rounds = f"{COLD_ROUNDS} cold and {WARM_ROUNDS} warm rounds"
        print(f"A sweep of {trials:,} trials, pages of {LIMIT - 1}; p99 in ms of {rounds}:\n")
        print(show_table(["read", "p99", "target"], _rows(folder)))


def _rows(folder: Path) -> Iterable[Sequence[str]]:
    yield _row(
        "start", [_milliseconds(lambda: SqliteStorage(folder, StandardPolicy()).close()) for _ in range(3)], START
    )
    yield _row("cold: the sweep with its best trial", _cold(folder, lambda storage: storage.sweep(SWEEP)), COLD)
    for name, query in FIRST_PAGES.items():
        yield _row(f"cold: by {name}", _cold(folder, partial(_page, query=query)), COLD)
    yield _row("cold: the last 1,000 finished", _cold(folder, lambda one: one.finished_trials(SWEEP, 1000)), None)
    storage = SqliteStorage(folder, StandardPolicy())
    for name, sort in SORTS.items():
        yield _row(f"scan: {name}", [_milliseconds(partial(_page, storage, TrialQuery(sort=sort)))], SCAN)
    for name, sort in SORTS.items():
        for text, conditions in FILTERS.items():
            query = TrialQuery(conditions=conditions, sort=sort, descending=bool(conditions))
            yield _row(f"warm: by {name}{', ' if text else ''}{text}", _warm(storage, query), WARM)
    storage.close()


def _cold(folder: Path, read: Callable[[SqliteStorage], object]) -> list[float]:
    """Return what the first read takes after each of several starts."""
    found = []
    for _ in range(COLD_ROUNDS):
        storage = SqliteStorage(folder, StandardPolicy())
        found.append(_milliseconds(partial(read, storage)))
        storage.close()
    return found


def _warm(storage: SqliteStorage, query: TrialQuery) -> list[float]:
    """Return what pages take: the first one and one in the middle, in turns."""
    (_, last), *_ = reversed(_page(storage, query))
    places = [None, last] * (WARM_ROUNDS // 2)
    return [_milliseconds(partial(_page, storage, query, place)) for place in places]


def _page(storage: SqliteStorage, query: TrialQuery, after: Position | None = None) -> list[tuple[object, Position]]:
    return list(storage.trials(SWEEP, query, {}, after, LIMIT))


def _milliseconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return 1000.0 * (time.perf_counter() - began)


def _row(what: str, rounds: Sequence[float], target: Target | None) -> Sequence[str]:
    p99 = sorted(rounds)[ceil(0.99 * len(rounds)) - 1]
    return [what, f"{p99:,.1f}", target.verdict(p99) if target else ""]


if __name__ == "__main__":
    main()
