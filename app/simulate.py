"""`logsweep simulate`: a search on a table or on recorded curves, with virtual workers and a virtual clock."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.errors import Fault, InvalidRequest, show
from app.domain.hints import hint
from app.domain.sweeps import Budget
from app.domain.values import Value
from app.planning.pairs import pair_faults
from app.samplers import SAMPLERS
from app.schedulers import SCHEDULERS
from app.simulation.clock import Search, Simulation, simulate
from app.simulation.files import read_tasks, task_named
from app.simulation.report import as_json, plot
from app.simulation.tasks import Task
from app.terminal import tell


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for, as it came; kinds are a name, or JSON with options."""

    task: str | None
    sampler: str
    scheduler: str
    budget: Budget
    seed: int
    replicates: int
    noise: float
    speeds: Sequence[float]


def run_simulation(file: Path, asked: Asked, *, as_text: bool) -> None:
    """Simulate, and print a summary with a plot, or JSON. Raises InvalidRequest with all faults."""
    task = task_named(read_tasks(file), asked.task)
    sampler, scheduler = read_kind(asked.sampler), read_kind(asked.scheduler)
    if faults := list(_faults(asked, sampler, scheduler, task)):
        raise InvalidRequest(faults)
    search = Search(sampler, scheduler, asked.budget, asked.seed, asked.replicates, asked.noise)
    found = simulate(task, search, asked.speeds)
    for line in _summary(found) if as_text else [json.dumps(as_json(found))]:
        tell(line, err=False)


def read_kind(text: str) -> Mapping[str, Value]:
    """Return `{"kind": ...}` of a name, or the object that is written. Raises InvalidRequest."""
    if not text.lstrip().startswith("{"):
        return {"kind": text}
    try:
        posted: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest([Fault("", f"{show(text)} is no JSON object: {error}.")]) from None
    return posted


def _faults(asked: Asked, sampler: Mapping[str, Value], scheduler: Mapping[str, Value], task: Task) -> Iterator[Fault]:
    if (kind := str(sampler.get("kind"))) in SAMPLERS:
        yield from SAMPLERS[kind].faults(sampler, task.space, {"epochs": task.epochs})
    else:
        yield Fault("/sampler/kind", f"There is no sampler {show(kind)}. {hint(kind, list(SAMPLERS))}")
    if (kind := str(scheduler.get("kind"))) in SCHEDULERS:
        yield from SCHEDULERS[kind].faults(scheduler, task.epochs)
        if SCHEDULERS[kind].inherits:
            why = "A table has no results of trials that go on from the weights of others with other hyperparameters"
            yield Fault("/scheduler/kind", f"{why}, so {kind} cannot be simulated. Use another scheduler.")
    else:
        yield Fault("/scheduler/kind", f"There is no scheduler {show(kind)}. {hint(kind, list(SCHEDULERS))}")
    yield from pair_faults(sampler, scheduler)
    if any(not 0 < speed < float("inf") for speed in asked.speeds):
        yield Fault("/speed", f"The speeds {list(asked.speeds)} are not possible: each must be a number above 0.")


def _summary(found: Simulation) -> Iterator[str]:
    sweep = found.sweep
    kinds = f"{sweep.spec.sampler['kind']} with {sweep.spec.scheduler['kind']}"
    yield f"{found.task.name}: {kinds}, {len(found.speeds)} workers, seed {sweep.spec.seed}"
    yield f"{len(sweep.trials):,} trials, {sum(run.epochs for run in sweep.runs.values()):,} epochs"
    yield f"{found.seconds:,.0f} virtual seconds, of which the workers trained {found.utilisation:.0%}"
    yield f"regret {found.regret:.4f} (0 is the best configuration, 1 the median one)"
    yield f"The sweep ended: {sweep.reason}."
    yield ""
    yield from plot(found.moments)
