"""How fast trials are drawn: as the planner does it, many at a time, beside one at a time; to the same bits."""

import time
from collections.abc import Callable

from app.domain.space import ChoiceParameter, FloatParameter, IntParameter, Space
from app.domain.sweeps import Budget, Objective, SweepSpec
from app.planning.drawing import batch_of, draw
from app.samplers import SAMPLERS, Ask
from benchmarks.spread import Spread, Target

POINTS, ROUNDS = 1000, 15
SPEED = Target(">=", 50_000, " points/s")
SHA = "ab" * 32

SPEC = SweepSpec(
    name="drawing",
    dataset="digits",
    seed=7,
    space=Space(
        {
            "learning_rate": FloatParameter(1e-4, 1.0, "log"),
            "beta1": FloatParameter(0.9, 0.999, "reverse_log"),
            "batch_size": IntParameter(16, 256, "log"),
            "optimizer": ChoiceParameter(("momentum", "adam")),
            "hidden_units": ChoiceParameter(([32], [64], [64, 32])),
        }
    ),
    fixed={"epochs": 20},
    objective=Objective("dev_error", "minimize"),
    sampler={"kind": "random"},
    scheduler={"kind": "none"},
    early_stopping=None,
    budget=Budget(POINTS),
    rules=3,
)


def drawn(together: int) -> object:
    """Return all points, so many drawn at a time."""
    return [trial for first in range(0, POINTS, together) for trial in draw(SPEC, SHA, first, together, ())]


def proposed(together: int) -> object:
    """Return the quantiles alone, so many proposed at a time."""
    random = SAMPLERS["random"]
    parts = (range(first, first + together) for first in range(0, POINTS, together))
    return [one for numbers in parts for one in random.propose(Ask(SPEC.space, numbers, SPEC.seed, SPEC.rules))]


def points_a_second(run: Callable[[int], object], together: int) -> float:
    """Return how many points come in a second of the processor: others may be at work on the machine."""
    start = time.process_time()
    run(together)
    return POINTS / (time.process_time() - start)


def main() -> None:
    """Measure in turns, and print the report."""
    if drawn(POINTS) != drawn(1):
        raise SystemExit("Points that are drawn together differ from those drawn one by one.")
    rounds = range(ROUNDS)
    whole = [points_a_second(drawn, POINTS) for _ in rounds]
    batches = [points_a_second(drawn, 125) for _ in rounds]
    quantiles = [points_a_second(proposed, POINTS) for _ in rounds]
    single = [points_a_second(drawn, 1) for _ in rounds]
    speed = Spread.of(whole)
    print(f"## Drawing {POINTS:,} points of {len(SPEC.space)} parameters, {ROUNDS} rounds\n")
    print(f"All at once: {speed.show(' points/s', 0)}, {SPEED.verdict(speed.median)}.")
    print(f"125 at a time (the planner takes {batch_of(SPEC)}): {Spread.of(batches).show(' points/s', 0)}.")
    print(f"The quantiles alone, all at once: {Spread.of(quantiles).show(' points/s', 0)}.")
    print(f"All at once against one at a time: {Spread.of_ratios(whole, single).show('x')}.")


if __name__ == "__main__":
    main()
