"""How work is shared: how much a worker gets at once, and when a suspect is tried."""

from collections.abc import Sequence
from math import ceil

from app.domain.queue import Ask, Load, Standing, SuspectCase, SuspectTurn

FEWEST = 8
"""So many runs of a sweep whose turn it is are given at least, if as many are free: they train in one stack."""


def share(ask: Ask, load: Load) -> int:
    """Return the most that the worker gets: its slots, or what it lacks of its part of all that is open."""
    lacking = ask.part.of(load.waiting + load.leased) - load.held
    return max(min(ask.slots, load.waiting, lacking), 0)


def turns(count: int, sweeps: Sequence[Standing]) -> list[int]:
    """Return how many of `count` runs each of these sweeps, the oldest first, may give before the others do.

    A sweep is due what it lacks of its part, by priority, of all runs that are held or given now. First comes a sweep
    that the worker trains already, so that stacks stay large and each worker keeps to few sweeps; then the one that
    has the least for its priority; of equals the oldest.
    """
    part = (count + sum(one.held for one in sweeps)) / sum(one.priority for one in sweeps)
    lacking = [max(ceil(part * one.priority) - one.held, 0) for one in sweeps]
    given, left = [0] * len(sweeps), count
    for place in sorted(range(len(sweeps)), key=lambda place: (sweeps[place].mine == 0, _served(sweeps[place]))):
        if lacking[place] > 0:
            given[place] = min(max(lacking[place], FEWEST), left)
            left -= given[place]
    return given


def _served(sweep: Standing) -> float:
    return sweep.held / sweep.priority


def suspect_turn(case: SuspectCase) -> SuspectTurn:
    """Return what to do where a sweep, in the order of their age, has nothing but suspects waiting.

    A suspect is tried alone, by a worker that holds nothing else. Its sweep's healthy runs and all older sweeps come
    before it. Then:

    - A worker with empty hands takes it.
    - Where another one tries a suspect, it goes on with later sweeps.
    - Else the first worker of those that hold runs, in the order of their ids, gets nothing from this sweep and later
      ones until its hands are empty; the others go on with later sweeps. (To choose the one that holds the fewest would
      empty all: whoever asks has just finished something, and holds fewer than the rest.)

    So no suspect waits for ever: the first worker's runs come to their end, older sweeps do so too, and a queue of
    later sweeps that is always full cannot keep it busy. One worker is enough; if the first dies, the next is first.
    Who holds nothing does not count: a live worker may be of another kind, and never come for this suspect.
    """
    if case.hands == 0:
        return "give"
    if case.trying > 0 or not case.first:
        return "pass"
    return "drain"
