"""How the time of a request's checks grows with its size: the functions alone, and over HTTP up to the limit."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import pairwise
from typing import Any
from urllib.parse import quote_plus

import httpx

from app.api.bodies import parse
from app.api.sweep_bodies import read_sweep
from app.domain.errors import InvalidRequest, LogsweepError
from app.domain.space import Space
from app.services.sweep_checks import draft_faults, plain_draft
from app.services.trial_queries import parse_query
from benchmarks.service import running_service
from benchmarks.spread import Target, show_table

GROWTH = Target("<=", 2.5, "x")
SIZES = (1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000)
LARGEST_BODY, LONGEST_LINE = 1 << 20, 60_000
ROUNDS = 3

Json = dict[str, Any]


def _sweep(**parts: Any) -> bytes:
    body = {"dataset": "iris", "space": {}, "budget": {"trials": 1}, **parts}
    return json.dumps(body, separators=(",", ":")).encode()


def _choice(values: list[Any], **more: Any) -> Json:
    return {"kind": "choice", "values": values, **more}


def _chain(count: int) -> Json:
    return {f"p{n}": _choice([1], when={f"p{n - 1}": [1]} if n else {}) for n in range(count)}


def _on_all_before(count: int) -> Json:
    """Choices with `count` conditions in all, each on every choice before."""
    names = [f"p{n}" for n in range(int((2 * count) ** 0.5))]
    return {name: _choice([1], when={other: [1] for other in names[:n]}) for n, name in enumerate(names)}


def _doubled(count: int) -> bytes:
    names = ",".join(f'"p{n}":1' for n in range(count))
    return f'{{{names},"p{count - 1}":1}}'.encode()


BODIES: Mapping[str, Callable[[int], bytes]] = {
    "unknown fields": lambda count: _sweep(**{f"x{n}": 1 for n in range(count)}),
    "a name doubled late": _doubled,
    "a choice of different values": lambda count: _sweep(space={"l2": _choice([n / count for n in range(count)])}),
    "a choice of one value, repeated": lambda count: _sweep(space={"l2": _choice([1] * count)}),
    "chained conditions": lambda count: _sweep(space=_chain(count)),
    "a cycle of conditions": lambda count: _sweep(
        space={f"p{n}": _choice([1], when={f"p{(n + 1) % count}": [1]}) for n in range(count)}
    ),
    "choices conditioned on all before": lambda count: _sweep(space=_on_all_before(count)),
    "a condition that lists values": lambda count: _sweep(
        space={"l1": _choice(list(range(count))), "l2": _choice([1], when={"l1": list(range(count))})}
    ),
    "unknown conditions": lambda count: _sweep(space={"l2": _choice([1], when={f"q{n}": [1] for n in range(count)})}),
    "unknown fixed values": lambda count: _sweep(fixed={f"p{n}": 1 for n in range(count)}),
}
CONDITIONS: Mapping[str, Callable[[int], str]] = {
    "where, blanks": lambda count: "dev_error" + " " * count + "x",
    "where, a long name": lambda count: "a" * count + "<1",
    "where, operators": lambda count: "=" * count,
}


def main() -> None:
    """Measure, and print the tables."""
    print("## Checks of requests: processor time by size, and the largest growth at a doubling from 4,000 on\n")
    print(_functions())
    print("\n## The same over HTTP, up to the limit of a request\n")
    with running_service(workers=0) as service:
        print(_requests(service.client))


def _functions() -> str:
    rows = []
    for name, body in BODIES.items():
        rows.append(_row(name, {count: _best(_check_body, body(count)) for count in SIZES}))
    for name, text in CONDITIONS.items():
        rows.append(_row(name, {count: _best(_check_condition, text(count)) for count in SIZES}))
    rows.append(_row("drawing from a chain", {count: _drawing(count) for count in SIZES}))
    return show_table(["request", *(f"{count:,}" for count in SIZES), "growth"], rows)


def _requests(client: httpx.Client) -> str:
    rows = []
    for name, body in BODIES.items():
        largest = _largest(body, LARGEST_BODY)
        times = {count: _best(_post, client, body(count), clock=time.perf_counter) for count in _halves(largest)}
        rows.append([*_row(name, times)[:1], *_ends(times), f"{len(_post(client, body(largest)).content):,}"])
    for name, text in CONDITIONS.items():
        times = {count: _best(_get, client, text(count), clock=time.perf_counter) for count in _halves(LONGEST_LINE)}
        rows.append([name, *_ends(times), f"{len(_get(client, text(LONGEST_LINE)).content):,}"])
    return show_table(["request", "largest size", "time there", "growth", "bytes of the answer"], rows)


def _halves(largest: int) -> Iterator[int]:
    """Yield sizes that double up to the largest, from 4,000 on or from an eighth of it."""
    sizes = [largest]
    while sizes[-1] // 2 >= min(4_000, largest // 8):
        sizes.append(sizes[-1] // 2)
    yield from reversed(sizes)


def _largest(body: Callable[[int], bytes], most: int) -> int:
    """Return the largest size whose body has at most so many bytes."""
    low, high = 1, 1 << 20
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (middle, high) if len(body(middle)) <= most else (low, middle)
    return low


def _row(name: str, times: Mapping[int, float]) -> list[str]:
    return [name, *(f"{seconds * 1e3:,.1f} ms" for seconds in times.values()), _growth(times)]


def _ends(times: Mapping[int, float]) -> list[str]:
    return [f"{max(times):,}", f"{times[max(times)] * 1e3:,.0f} ms", _growth(times)]


def _growth(times: Mapping[int, float]) -> str:
    sizes = [size for size in times if size >= min(4_000, max(times) // 8)]
    worst = max(times[size] / times[before] for before, size in pairwise(sizes))
    return f"{worst:.2f}x; {GROWTH.verdict(worst)}"


def _best(run: Callable[..., object], *args: Any, clock: Callable[[], float] = time.process_time) -> float:
    """Return the least seconds of some rounds: what disturbs a round only adds to it."""
    times = []
    for _ in range(ROUNDS):
        start = clock()
        run(*args)
        times.append(clock() - start)
    return min(times)


def _check_body(content: bytes) -> None:
    """Read a body and check what it asks for, up to the exception that is answered."""
    with suppress(LogsweepError):
        draft, faults = read_sweep(parse(content))
        every = [*faults, *draft_faults(plain_draft(draft), None)]
        if every:
            raise InvalidRequest(every)


def _check_condition(text: str) -> None:
    with suppress(LogsweepError):
        parse_query([], "number", [text])


def _drawing(count: int) -> float:
    draft, _ = read_sweep(parse(_sweep(space=_chain(count))))
    quantiles = [[0.0] * len(draft.parameters)]
    return _best(lambda: Space(draft.parameters).points(quantiles, {}, 2))


def _post(client: httpx.Client, content: bytes) -> httpx.Response:
    answer = client.post("/v1/sweeps", content=content, headers={"content-type": "application/json"})
    if answer.is_success:
        client.post(f"/v1/sweeps/{answer.json()['id']}/cancel").raise_for_status()
    elif answer.is_server_error:
        raise RuntimeError(f"The server failed: {answer.text[:500]}")
    return answer


def _get(client: httpx.Client, text: str) -> httpx.Response:
    answer = client.get(f"/v1/sweeps/swp_1/trials?where={quote_plus(text, safe='=<')}")
    if answer.is_server_error:
        raise RuntimeError(f"The server failed: {answer.text[:500]}")
    return answer


if __name__ == "__main__":
    main()
