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
    - Where some worker tries a suspect, or waits with empty hands, the others go on with later sweeps.
    - Else one worker gets nothing from this sweep and later ones until its hands are empty: the one that holds the
      fewest runs, as its hands are empty first and the fewest slots stand idle. The others go on with later sweeps.

    So no suspect waits for ever. What the worker with the fewest runs holds only becomes less (but for older sweeps,
    which have an end), and a worker that overtakes it on the way holds fewer still. A queue of later sweeps that is
    always full cannot keep it busy, and one worker is enough.
    """
    if case.hands == 0:
        return "give"
    if case.trying > 0 or (case.fewest is not None and case.fewest < case.hands):
        return "pass"
    return "drain"
