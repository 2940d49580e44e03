"""Runs of the engine, epoch by epoch, and the batches that they took, for another library to repeat."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from engine.arrays import Array, Indices
from engine.network import Network
from engine.population import Population
from engine.seeds import Purpose
from engine.spec import MemberSpec
from engine.training_set import TrainingSet
from tests.engine.stacks import tick


@dataclass(frozen=True)
class Epoch:
    """What an epoch gave, and the arrays that the member had after it: W1, b1 and so on."""

    values: Mapping[str, float]
    arrays: Mapping[str, Array]


def initial_arrays(spec: MemberSpec) -> Mapping[str, Array]:
    """Return what a member starts with."""
    network = Network(spec.structure)
    return network.named_arrays(network.initial_row(spec.seed, spec.initializer))


def train_by_epoch(data: TrainingSet, spec: MemberSpec) -> list[Epoch]:
    """Train one member through its epochs, as a worker does, and look at its checkpoint after each."""
    population, network, epochs = Population(tick), Network(spec.structure), []
    # A member leaves with its last epoch: this one has another to go when it is looked at for the last time.
    population.join(data, [("it", replace(spec, epochs=spec.epochs + 1))])
    for _ in range(spec.epochs):
        ((_, seen),) = population.train_epoch().observations
        epochs.append(Epoch(seen.values, network.named_arrays(population.checkpoint("it").rows["weights"][0])))
    return epochs


def batches(data: TrainingSet, spec: MemberSpec, epoch: int) -> Iterator[Indices]:
    """Yield the rows of each mini-batch of an epoch, counted from 0."""
    count = len(data.train)
    size = count if spec.structure.batch_size == "full" else spec.structure.batch_size
    order = spec.seed.generator(Purpose.BATCH_ORDER, epoch).permutation(count)
    return (order[start : start + size] for start in range(0, count, size))
