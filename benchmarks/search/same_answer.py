"""Whether 1 and 7 virtual workers give the same answer: `python -m benchmarks.search.same_answer FILE`."""

import random
import sys
from itertools import product
from pathlib import Path

from app.domain.plan import Need
from app.domain.sweeps import Budget, Confirmation
from app.domain.values import Value
from app.planning.pairs import Pair, pair_of
from app.samplers import SAMPLERS
from app.schedulers import SCHEDULERS
from app.simulation.clock import Search, simulate
from app.simulation.files import read_tasks

SWEEPS = 200


PAIRS = [pair for pair in product(SAMPLERS, SCHEDULERS) if pair_of(*pair) is Pair.REPRODUCIBLE]


def main(file: Path, sweeps: int = SWEEPS) -> int:
    """Simulate random sweeps of all pairs in turn, twice each; print those that differ, and return how many."""
    tasks, chance = read_tasks(file), random.Random(12)  # noqa: S311 - nothing here is a secret
    different = 0
    for number in range(sweeps):
        sampler, scheduler = PAIRS[number % len(PAIRS)]
        rungs: dict[str, Value] = {"eta": chance.randint(2, 4), "first_rung": chance.randint(1, 6)}
        if SAMPLERS[sampler].need is Need.ALL:
            rungs["bracket"] = chance.randint(1, 30)
        options = {name: value for name, value in rungs.items() if name in SCHEDULERS[scheduler].options}
        budget = Budget(chance.randint(1, 60), epochs=chance.choice([None, chance.randint(50, 1500)]))
        kinds: tuple[dict[str, Value], dict[str, Value]] = {"kind": sampler}, {"kind": scheduler, **options}
        seed, replicates, noise = chance.randrange(2**31), chance.choice([1, 1, 2]), chance.choice([0.0, 0.1])
        confirm = chance.choice(
            [None, Confirmation(chance.uniform(0.05, 0.5), chance.randint(1, 9), chance.randint(1, 3))]
        )
        search = Search(*kinds, budget, seed, replicates, noise, confirm)
        speeds = [chance.uniform(0.1, 10.0) for _ in range(7)]
        task = chance.choice(tasks)
        alone, many = (simulate(task, search, workers).sweep for workers in ([1.0], speeds))
        if (alone.table(), alone.decisions, alone.trials) != (many.table(), many.decisions, many.trials):
            different += 1
            print(f"different: {task.name}, {search}, {speeds}")
    print(f"{sweeps - different} of {sweeps} sweeps, of {len(PAIRS)} pairs, are the same with 1 and with 7 workers")
    return different


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])) > 0)
