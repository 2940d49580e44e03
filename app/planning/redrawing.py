"""Redrawing: after the space was changed, trials that nobody has begun are drawn anew from the new one.

What a trial gets follows from the spec, its number and, if the sampler learns, from what earlier rounds showed: runs of
the round under way do not count, since which of them have stopped depends on who was faster.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import compress, count

from app.domain.plan import Drawn, Held, Need, Plan, Redraw, Snapshot
from app.domain.sweeps import SweepSpec
from app.planning.budgets import epochs_left
from app.planning.drawing import as_drawn, learns, points_of, proposed
from app.planning.memory import Memory
from app.planning.standings import history
from app.planning.stopping import passed_rungs
from app.schedulers import SCHEDULERS


def redraw_is_due(snapshot: Snapshot) -> bool:
    """Return whether the space was changed since the last plan that drew from it."""
    return Memory.of(snapshot.memory).space != snapshot.spec.space_version


def plan_redraw(snapshot: Snapshot) -> Plan:
    """Return the plan that draws anew what is held; a sampler that is exhaustible begins with its first point."""
    spec, memory = snapshot.spec, replace(Memory.of(snapshot.memory), space=snapshot.spec.space_version)
    held, most = snapshot.held, points_of(snapshot.spec)
    if most is not None:
        held = [replace(one, own=own) for own, one in zip(count(), held, strict=False)]
        memory = replace(memory, besides=snapshot.drawn - len(held))
    kept = [one for one in held if most is None or one.own < most]
    trials = list(_within_budget(snapshot, kept, list(_drawn_anew(snapshot, kept))))
    reason = f"drawn anew from version {spec.space_version} of the space"
    surplus = [one.number for one in held[len(kept) :]]
    return Plan((Redraw(trials, surplus, memory.round, reason),), memory.stored())


def _drawn_anew(snapshot: Snapshot, held: Sequence[Held]) -> Iterator[Drawn]:
    """Yield a new trial for each of those that are held; a sampler that learns is asked for all from first to last."""
    if not held:
        return
    spec, learning = snapshot.spec, learns(snapshot.spec)
    owns = [one.own for one in held]
    asked = range(owns[0], owns[-1] + 1) if learning else owns
    seen = [trial for trial in history(snapshot) if trial.number not in snapshot.this_round] if learning else []
    points = compress(proposed(spec, asked, seen), [own in set(owns) for own in asked])
    for one, point in zip(held, points, strict=True):
        to_epoch = None if _train_to_their_ends(spec) else one.to_epoch
        yield as_drawn(spec, snapshot.dataset_sha256, one.number, point, to_epoch, [trial.number for trial in seen])


def _train_to_their_ends(spec: SweepSpec) -> bool:
    return SCHEDULERS[str(spec.scheduler["kind"])].need is Need.NOTHING or bool(passed_rungs(spec))


def _within_budget(snapshot: Snapshot, held: Sequence[Held], trials: Sequence[Drawn]) -> Iterator[Drawn]:
    """Yield the trials; one whose epochs the budget does not reach for stays the trial that it was."""
    left = epochs_left(snapshot)
    for before, trial in zip(held, trials, strict=True):
        more = (trial.to_epoch - before.to_epoch) * trial.replicates
        if left is not None and more > left:
            spec, sha256 = snapshot.spec, snapshot.dataset_sha256
            as_it_was = as_drawn(spec, sha256, before.number, before.params, before.to_epoch)
            yield replace(as_it_was, space_version=before.space_version)
            continue
        left = None if left is None else left - more
        yield trial
