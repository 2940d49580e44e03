"""Cycles in a graph of names."""

from collections import defaultdict
from collections.abc import Collection, Mapping

Graph = Mapping[str, Collection[str]]


def on_cycles(graph: Graph) -> dict[str, str]:
    """Return for each name on a cycle the next one on such a cycle. Names that are only led to have no cycle."""
    component = _components(graph)
    found = {}
    for name, others in graph.items():
        follower = next((other for other in others if other in graph and component[other] == component[name]), None)
        if follower is not None:
            found[name] = follower
    return found


def _components(graph: Graph) -> dict[str, str]:
    """Return a name that stands for each name's strongly connected component; in linear time, without recursion.

    The algorithm of Kosaraju and Sharir: what leads to the name that a search leaves last, of all that it led to.
    """
    leads_to = defaultdict[str, list[str]](list)
    for name, others in graph.items():
        for other in others:
            leads_to[other].append(name)
    component = dict[str, str]()
    for root in reversed(_in_order_of_leaving(graph)):
        reached = [root]
        while reached:
            name = reached.pop()
            if name not in component:
                component[name] = root
                reached += leads_to[name]
    return component


def _in_order_of_leaving(graph: Graph) -> list[str]:
    """Return the names in the order in which a depth-first search is through with them."""
    order, seen = list[str](), set[str]()
    way = [(name, False) for name in graph]
    while way:
        name, is_left = way.pop()
        if is_left:
            order.append(name)
        elif name not in seen:
            seen.add(name)
            way.append((name, True))
            way += [(other, False) for other in graph[name] if other in graph]
    return order
