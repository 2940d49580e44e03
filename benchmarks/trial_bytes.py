"""How many bytes of the file a trial takes that has one epoch and five parameters, and what a finish of 64 costs."""

import random
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.contract.metrics import MEASURES
from app.domain.datasets import DatasetSummary
from app.domain.plan import Draw, Drawn, Need, Plan
from app.domain.queue import Ask, Claimed, Part
from app.domain.space import Space
from app.domain.sweeps import Budget, Labels, NewSweep, Objective, SweepSpec
from app.domain.work import OWN_TRAINER, Epoch, Metrics, Result
from app.planning import StandardPolicy
from app.storage import FILE, SqliteStorage
from benchmarks.spread import Spread, Target

TRIALS, SLOTS, DRAWN = 16_384, 64, 1024
BYTES = Target("<=", 700.0, " bytes")
SWEEP, WORKER, START = "swp_1", "local-0f1e2d3c-0-0", datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
OF_NUMBERS = ("rmse", "mae", "r2", "median_absolute_error")
MEASURED = [name for name in MEASURES if not name.endswith(OF_NUMBERS)]
DATASET = DatasetSummary(
    "rain", sha256(b"content").hexdigest(), "multiclass", False, {"train": 8, "dev": 1, "test": 1}, 4, 3, {}, START
)


def main() -> None:
    """Fill a file, and print its bytes for each trial and the processor time of a finish."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else TRIALS
    with TemporaryDirectory(prefix="logsweep-") as folder:
        sizes, seconds = [], []
        for count in (0, trials):
            data = Path(folder) / str(count)
            seconds += trained(data, count)
            sizes.append((data / FILE).stat().st_size)
    each = (sizes[1] - sizes[0]) / trials
    print(f"{trials:,} trials with one epoch, {len(MEASURED)} metrics and five parameters:")
    print(f"{each:.0f} bytes each, {BYTES.verdict(each)}")
    print(f"a finish of {SLOTS}: {Spread.of(1000.0 * one for one in seconds).show(' ms', 2)} of processor time")


def trained(folder: Path, trials: int) -> list[float]:
    """Draw, claim and finish trials as planner and worker do; return the processor time of each finish."""
    rng, seconds = random.Random(0), []  # noqa: S311 - nothing here is secret
    storage = SqliteStorage(folder, StandardPolicy())
    _post(storage, trials)
    for first in range(0, trials, DRAWN):
        drawn = [_drawn(number, rng) for number in range(first, min(first + DRAWN, trials))]
        version = storage.snapshot(SWEEP, Need.NOTHING, 1).version
        storage.apply(SWEEP, version, Plan([Draw(drawn, 0, "")], {}), START)
        seconds += [_finish(storage, rng, first + number) for number in range(0, len(drawn), SLOTS)]
    storage.close()
    return seconds


def _post(storage: SqliteStorage, trials: int) -> None:
    spec = SweepSpec(
        name="bytes",
        dataset=DATASET.name,
        seed=0,
        space=Space({}),
        fixed={},
        objective=Objective("dev_error", "minimize", "exclude"),
        sampler={"kind": "random"},
        scheduler={"kind": "none"},
        early_stopping=None,
        budget=Budget(trials + 1),
        keep_models=1,
    )
    storage.add_dataset(DATASET, b"content", "cd" * 32)
    storage.create_sweep(
        SWEEP, NewSweep(spec, Labels(spec.name), {}, DATASET, dict.fromkeys(MEASURED, "minimize")), START
    )


def _drawn(number: int, rng: random.Random) -> Drawn:
    batch = rng.choice((64, 128))
    numbers: Mapping[str, Any] = {
        "learning_rate": 10 ** rng.uniform(-4, 0),
        "l2": 10 ** rng.uniform(-6, -1),
        "optimizer": rng.choice(("momentum", "rmsprop", "adam")),
        "batch_size": batch,
        "l1": rng.uniform(0, 0.2),
    }
    return Drawn(number, numbers, f"cc8d4e2e2b8002d3:16:relu:{batch}:normalized:rules 3", 1)


def _finish(storage: SqliteStorage, rng: random.Random, number: int) -> float:
    """Claim and finish as a worker; return the processor time of the finish."""
    now = START + timedelta(seconds=number / 10 + rng.random())
    ask = Ask(WORKER, OWN_TRAINER, 99, SLOTS, (), Part())
    claimed = storage.claim(ask, now, now + timedelta(seconds=30)).claimed
    results = [_result(one, rng) for one in claimed]
    began = time.process_time()
    storage.finish(WORKER, results, [], now + timedelta(seconds=rng.random()))
    return time.process_time() - began


def _result(claimed: Claimed, rng: random.Random) -> Result:
    metrics: Metrics = {name: rng.random() for name in MEASURED}
    curve = {name: metrics[name] for name in ("train_loss", "dev_loss", "dev_error")}
    seconds = rng.random()
    epoch = Epoch(1, curve, seconds, [rng.random(), rng.random()])
    return Result(claimed.lease, "completed", metrics, 1, 1, seconds, "all 1 epochs done", [epoch])


if __name__ == "__main__":
    main()
