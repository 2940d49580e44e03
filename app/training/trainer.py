"""Training leased segments: the bridge from the work protocol to a population of the engine."""

import base64
import math
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.errors import Unavailable
from app.domain.trials import METRICS
from app.domain.work import Epoch, Lease, Result, Segment
from app.training.datasets import load
from app.training.machine import made_with
from app.training.member import member_of
from app.training.rules import CURRENT_RULES
from engine.population import Finished, Observation, Population, member_bytes
from engine.spec import MemberSpec
from engine.training_set import TrainingSet

KEPT_SETS = 8
"""Training sets that stay in memory for segments to come; those in use stay in any case."""

MEMORY = 2 << 30
"""Bytes that the members in training may take; further segments wait here until others have ended."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A segment that is ready to be trained."""

    key: str
    data: TrainingSet
    spec: MemberSpec


@dataclass(frozen=True, slots=True)
class Turn:
    """What one epoch of one stack gave: new points of curves, and the trials that ended."""

    epochs: Sequence[tuple[Lease, Epoch]]
    results: Sequence[Result]


class Trainer:
    """Trains segments, many at a time. Data sets are read once and shared by all trials on them."""

    def __init__(self, clock: Callable[[], float], memory: int = MEMORY) -> None:
        self._population = Population(clock)
        self._memory = memory
        self._made_with = made_with()
        self._segments: dict[str, Segment] = {}
        self._waiting: deque[_Candidate] = deque()
        self._sets: OrderedDict[tuple[str, bool, int], TrainingSet] = OrderedDict()

    def __len__(self) -> int:
        return len(self._segments)

    def cohorts(self) -> list[str]:
        """Return the keys of the stacks in training."""
        return sorted({segment.cohort for segment in self._segments.values()})

    def add(self, segments: Sequence[Segment], content: Callable[[str, str], bytes]) -> None:
        """Start to train segments; `content(name, sha256)` fetches a data set that is not here yet.

        Raises Unavailable for rules to come, which nobody here could follow.
        """
        if newer := [segment.rules for segment in segments if segment.rules > CURRENT_RULES]:
            wanted = f"A trial follows the rules {max(newer)}, and this worker knows up to {CURRENT_RULES}"
            raise Unavailable(f"{wanted}. Install the server's version of logsweep for its workers, too.")
        for segment in segments:
            data = self._training_set(segment, content)
            self._segments[_key(segment.lease)] = segment
            self._waiting.append(_Candidate(_key(segment.lease), data, member_of(segment, data)))

    def _training_set(self, segment: Segment, content: Callable[[str, str], bytes]) -> TrainingSet:
        key = segment.dataset_sha256, bool(segment.params["normalize_inputs"]), segment.rules
        if key not in self._sets:
            dataset = load(content(segment.dataset, segment.dataset_sha256))
            self._sets[key] = TrainingSet.of(dataset, normalize_inputs=key[1], rules=segment.rules)
        self._sets.move_to_end(key)
        while len(self._sets) > KEPT_SETS:
            self._sets.popitem(last=False)
        return self._sets[key]

    def drop(self, leases: Sequence[Lease]) -> None:
        """Stop training leases; those not in training are fine."""
        keys = {_key(lease) for lease in leases}
        for key in keys:
            self._segments.pop(key, None)
        self._waiting = deque(candidate for candidate in self._waiting if candidate.key not in keys)
        self._population.leave(list(keys))

    def train(self, keep_below: Mapping[str, float]) -> Turn:
        """Train the next stack for one epoch; weights that cannot be among those kept are left out.

        An error in a stack of one belongs to its trial, which fails with it. In a larger stack nobody knows whose
        it is: it ends this process, the server hands the trials out again, and in the end one by one.
        """
        turn = list(self._segments)
        try:
            self._admit()
            turn = self._population.turn()
            report = self._population.train_epoch()
        except Exception as error:
            if len(turn) != 1:
                raise
            return Turn([], [self._failed(turn[0], error)])
        epochs = [(self._segments[key].lease, epoch_of(seen)) for key, seen in report.observations]
        results = [self._result(key, finished, keep_below) for key, finished in report.finished]
        return Turn(epochs, results)

    def _admit(self) -> None:
        """Let waiting segments join while there is memory for them, and one in any case."""
        used, groups = self._population.bytes, dict[int, list[_Candidate]]()
        while self._waiting:
            candidate = self._waiting[0]
            used += member_bytes(candidate.spec.structure, candidate.data)
            if used > self._memory and (groups or len(self._population)):
                break
            groups.setdefault(id(candidate.data), []).append(self._waiting.popleft())
        for group in groups.values():
            self._population.join(group[0].data, [(candidate.key, candidate.spec) for candidate in group])

    def _result(self, key: str, finished: Finished, keep_below: Mapping[str, float]) -> Result:
        segment = self._segments.pop(key)
        value = finished.metrics.get(segment.metric, math.nan)
        ranked = finished.state == "completed" or segment.diverged == "best_epoch"
        keep = ranked and value <= keep_below.get(segment.lease.sweep, math.inf)
        return Result(
            lease=segment.lease,
            state=finished.state,
            metrics={name: _finite(finished.metrics[name]) for name in METRICS if name in finished.metrics},
            best_epoch=finished.best_epoch,
            epochs=finished.epochs,
            seconds=finished.seconds,
            reason=finished.reason,
            weights=encode_weights(finished.weights) if keep and finished.weights is not None else None,
            made_with=self._made_with,
        )

    def _failed(self, key: str, error: Exception) -> Result:
        self._population.leave([key])
        segment = self._segments.pop(key)
        reason = f"training failed: {type(error).__name__}: {error}"
        return Result(segment.lease, "failed", {}, None, 0, 0.0, reason)


def encode_weights(weights: np.ndarray[tuple[int, ...], np.dtype[np.floating]]) -> str:
    """Return a member's row as base64 of little-endian float32."""
    return base64.b64encode(weights.astype("<f4").tobytes()).decode("ascii")


def _key(lease: Lease) -> str:
    return f"{lease.sweep}/{lease.trial}/{lease.fence}"


def epoch_of(seen: Observation) -> Epoch:
    """Return the point of a curve as it is sent: null stands for what is not finite."""

    def value(name: str) -> float | None:
        return _finite(seen.values.get(name, math.nan))

    return Epoch(
        epoch=seen.epoch,
        train_loss=value("train_loss"),
        dev_loss=value("dev_loss"),
        dev_error=value("dev_error"),
        dev_rmse=value("dev_rmse"),
        seconds=seen.seconds,
        gradient_norms=[_finite(norm) for norm in seen.gradient_norms] or None,
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
