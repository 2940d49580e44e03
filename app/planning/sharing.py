"""How work is shared: how much a worker gets at once, and when a suspect is tried."""

from app.domain.queue import Ask, Load, SuspectCase, SuspectTurn


def share(ask: Ask, load: Load) -> int:
    """Return the most that the worker gets: its slots, or what it lacks of an even share of all that is open."""
    lacking = -(-(load.waiting + load.leased) // ask.live_workers) - load.held
    return max(min(ask.slots, load.waiting, lacking), 0)


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
