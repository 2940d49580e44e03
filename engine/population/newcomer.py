"""A member that is about to train: where it begins, until when it trains, and what is in the way."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.class_weights import misfit
from engine.metrics import objective_fault
from engine.population.checkpoint import Checkpoint
from engine.population.member import Member
from engine.spec import MemberSpec
from engine.training_set import TrainingSet

_SHOWN_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A member under a name, to begin at its start or from a checkpoint, and to pause after an epoch or never."""

    key: str
    spec: MemberSpec
    data: TrainingSet
    checkpoint: Checkpoint | None = None
    pause_at: int | None = None

    def member(self) -> Member:
        """Return the member as it begins."""
        if self.checkpoint is None:
            return Member(self.key, self.spec, self.pause_at)
        return self.checkpoint.member(self.key, self.spec, self.pause_at)

    def checkpoint_faults(self) -> Iterator[str]:
        """Yield a sentence for each reason why it cannot go on from its checkpoint."""
        if self.checkpoint is None:
            return
        if misfits := list(self.checkpoint.misfits(self.spec.structure, self.data.dtype)):
            wrong = f"The checkpoint of {self.key} is not of this member: {', '.join(misfits)}"
            yield f"{wrong}. Give its own one, or start it anew."
        if self.checkpoint.epoch >= self.spec.epochs:
            done = f"The checkpoint of {self.key} is at epoch {self.checkpoint.epoch}"
            yield f"{done}, and its {self.spec.epochs} epochs are done. Give it more epochs."

    def objective_faults(self) -> Iterator[str]:
        """Yield a sentence if its objective is none, or has no value on the dev part."""
        data = self.data
        if fault := objective_fault(self.spec.objective, data.task, data.dev.y, data.classes):
            yield f"{self.key} cannot be trained by {self.spec.objective}. {fault}"

    def weight_faults(self) -> Iterator[str]:
        """Yield a sentence if its class weights are not for the classes of its data."""
        if why := misfit(self.spec.class_weight, self.data.classes):
            yield f"{self.key} has the class_weight {self.spec.class_weight!r}: {why}. Leave it out, or name others."

    def pause_faults(self) -> Iterator[str]:
        """Yield a sentence if the epoch to pause at does not lie ahead."""
        epoch = self.checkpoint.epoch if self.checkpoint else 0
        if self.pause_at is not None and not epoch < self.pause_at <= self.spec.epochs:
            wanted = f"{self.key} is at epoch {epoch} of {self.spec.epochs} and cannot pause at epoch {self.pause_at}"
            yield f"{wanted}: that must be more than {epoch}, and at most {self.spec.epochs}."


def refuse(faults: Iterable[str]) -> None:
    """Raise ValueError with the first faults, if there are any."""
    if found := list(faults):
        more = [f"There are {len(found) - _SHOWN_FAULTS:,} more faults."] if len(found) > _SHOWN_FAULTS else []
        raise ValueError(" ".join([*found[:_SHOWN_FAULTS], *more]))
