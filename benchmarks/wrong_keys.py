"""Whether the time of a refusal tells what is wrong with an access key: python -m benchmarks.wrong_keys.

Tokens of three kinds, new ones each time, are refused in any order: with the id of no key, with the id of a key and
another secret, and such as no server makes though they look like it. From 4.5 on Welch's t of the times of two kinds
tells them apart; it is taken of all times, and of the lower ones alone, which have less noise.
"""

import os
import random
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter_ns

import numpy as np

from app.domain.access import KeyDraft, Scope
from app.domain.errors import Unauthenticated
from app.domain.tokens import SECRET_BYTES, make_token
from app.planning.policy import StandardPolicy
from app.services.access import Access
from app.services.clock import Clock
from app.services.ids import new_id
from app.storage import SqliteStorage
from benchmarks.spread import Target, show_table

KEYS, CALLS = 100, 300_000
"""How many keys the server has, and how many tokens of each kind it refuses."""

TOGETHER = 1000
"""How many tokens of each kind are made at a time."""

PARTS = (1.0, 0.99, 0.9, 0.5)
"""The lower times of which t is taken: all of them, and such parts."""

TOLD_APART = Target("<=", 4.5, "")

Times = Mapping[str, np.ndarray]


def main() -> None:
    """Measure, and print the report."""
    with TemporaryDirectory() as folder:
        storage = SqliteStorage(Path(folder), StandardPolicy())
        try:
            times = _measured(Access(storage, Clock(), os.urandom))
        finally:
            storage.close()
    print(f"## Refusals of {CALLS:,} wrong keys of each kind, {KEYS} keys, {os.cpu_count()} cores\n")
    print(show_table(["kind", "median, us"], [[kind, f"{np.median(some) / 1e3:.3f}"] for kind, some in times.items()]))
    found = {pair: [_welch(times[pair[0]], times[pair[1]], part) for part in PARTS] for pair in combinations(times, 2)}
    rows = [[" and ".join(pair), *(f"{t:+.2f}" for t in some)] for pair, some in found.items()]
    print("\n" + show_table(["t of", *(f"the lower {part:.0%}" for part in PARTS)], rows))
    worst = max(abs(t) for some in found.values() for t in some)
    print(f"\nThe worst |t|: {worst:.2f}, {TOLD_APART.verdict(worst)}.")


def _measured(access: Access) -> Times:
    """Return the nanoseconds of refusals by kind, in an order by chance."""
    ids = [access.create(KeyDraft(f"key {number}", [Scope.READ]))[0].id for number in range(KEYS)]
    kinds = _kinds(ids, Clock())
    times = {kind: list[int]() for kind in kinds}
    for _ in range(CALLS // TOGETHER):
        # Made before, and copied: how a token was made leaves traces in the caches of the processor.
        tokens = [(kind, make().encode()) for kind, make in kinds.items() for _ in range(TOGETHER)]
        random.shuffle(tokens)
        took = [_refusal(access, token) for token in [token.decode() for _, token in tokens]]
        for (kind, _), one in zip(tokens, took, strict=True):  # not before: what is touched for a kind would be told
            times[kind].append(one)
    return {kind: np.array(some[TOGETHER:]) for kind, some in times.items()}  # nothing was warm at first


def _kinds(ids: Sequence[str], clock: Clock) -> Mapping[str, Callable[[], str]]:
    def token(key: str) -> str:
        return make_token(key, os.urandom(SECRET_BYTES))

    def stranger() -> str:
        return new_id("key", clock.now(), os.urandom)

    return {
        "unknown id": lambda: token(stranger()),
        "another secret": lambda: token(random.choice(ids)),  # noqa: S311 - which one is no secret
        "no token": lambda: token(stranger())[:-1] + "u",  # a letter that ids and secrets do not have
    }


def _refusal(access: Access, token: str) -> int:
    began = perf_counter_ns()
    try:
        access.identify(token)
    except Unauthenticated:
        return perf_counter_ns() - began
    raise AssertionError("a wrong key was taken for a good one")


def _welch(first: np.ndarray, second: np.ndarray, part: float) -> float:
    """Return Welch's t of the times below the same limit, under which this part of all of them lies."""
    limit = np.quantile(np.concatenate([first, second]), part)
    one, other = first[first <= limit], second[second <= limit]
    spread = np.sqrt(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other))
    return float((one.mean() - other.mean()) / spread)


if __name__ == "__main__":
    main()
