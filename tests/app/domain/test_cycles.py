"""Tests of cycles in a graph of names."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from app.domain.cycles import on_cycles

names = st.sampled_from("abcdefg")


def leads(graph: Mapping[str, set[str]], start: str, end: str) -> bool:
    """Whether some way of at least one step leads from `start` to `end`, found by following all."""
    reached = set[str]()
    fresh = graph.get(start, set())
    while fresh:
        reached |= fresh
        fresh = {other for name in fresh for other in graph.get(name, set())} - reached
    return end in reached


@given(st.dictionaries(names, st.sets(names, max_size=3)))
def test_a_name_is_on_a_cycle_if_and_only_if_a_way_leads_back_to_it(graph: dict[str, set[str]]) -> None:
    found = on_cycles(graph)
    assert set(found) == {name for name in graph if leads(graph, name, name)}
    for name, follower in found.items():
        assert follower in graph[name]
        assert follower == name or leads(graph, follower, name)


def test_a_long_cycle_is_found_without_recursion() -> None:
    count = 50_000
    graph = {str(number): [str((number + 1) % count)] for number in range(count)}
    assert on_cycles(graph) == {name: follower for name, (follower,) in graph.items()}
    del graph["7"]
    assert on_cycles(graph) == {}
