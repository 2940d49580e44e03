"""Training by itself, without the service: specs in, curves and kept weights out."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from threadpoolctl import threadpool_limits

from engine.hyperparameters import HYPERPARAMETERS
from engine.population import Departure, Finished, Observation, Population, score
from engine.spec import MemberSpec
from engine.training_set import TrainingSet

_SHOWN_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Trained:
    """A member's whole way: a point of its curve for each epoch, and its end with the weights kept."""

    curve: tuple[Observation, ...]
    finished: Finished


def train(
    data: TrainingSet, specs: Sequence[MemberSpec], clock: Callable[[], float] = time.perf_counter
) -> list[Trained]:
    """Train members together on `data` to their ends; return what became of each, in the order of `specs`.

    Members of equal structure share a stack, and each one's bits are those it has alone. BLAS has one thread
    meanwhile. `clock` counts seconds. Raises ValueError for knobs and class weights out of
    their ranges.
    """
    _refuse_faults(specs)
    population = Population(clock)
    curves: dict[str, list[Observation]] = {str(number): [] for number in range(len(specs))}
    departures: list[Departure] = []
    with threadpool_limits(1, user_api="blas"):
        population.join(data, list(zip(curves, specs, strict=True)))
        while len(population):
            report = population.train_epoch()
            for key, seen in report.observations:
                curves[key].append(seen)
            departures += report.stopped
        ends = {key: end for key, end in score(departures) if isinstance(end, Finished)}
    return [Trained(tuple(curve), ends[key]) for key, curve in curves.items()]


def _refuse_faults(specs: Sequence[MemberSpec]) -> None:
    faults = [f"Member {number}: {fault}" for number, spec in enumerate(specs) for fault in _faults(spec)]
    if faults:
        raise ValueError(" ".join(faults[:_SHOWN_FAULTS]))


def _faults(spec: MemberSpec) -> Iterator[str]:
    yield from spec.knobs.faults()
    if fault := HYPERPARAMETERS["class_weight"].fault(spec.class_weight):
        yield fault
