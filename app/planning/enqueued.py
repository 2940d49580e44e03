"""Enqueued points: hand-picked ones are the first trials of what is drawn next, and take no number from the sampler."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from app.domain.plan import Drawn, Snapshot
from app.domain.values import Value
from app.planning.drawing import as_drawn
from app.planning.memory import Memory

ENQUEUED = "points that were enqueued"


def enqueued(snapshot: Snapshot, points: Sequence[Mapping[str, Value]], to_epoch: int | None = None) -> Iterator[Drawn]:
    """Yield trials with these points as they are, asked to train to `to_epoch`, or each to its end."""
    for number, point in enumerate(points, snapshot.drawn):
        drawn = as_drawn(snapshot.spec, snapshot.dataset_sha256, number, point, to_epoch)
        yield replace(drawn, enqueued=True)


def after_enqueued(memory: Memory, trials: Sequence[Drawn]) -> Memory:
    """Return the memory once these trials are drawn: the sampler counts neither enqueued ones nor heirs."""
    given = sum(trial.enqueued or trial.inherits is not None for trial in trials)
    return replace(memory, besides=memory.besides + given)
