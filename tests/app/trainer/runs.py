"""Leased runs, what they train on, and small data sets, for tests that train."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from app.contract.hyperparameters import cohort_key, complete
from app.contract.rules import CURRENT_RULES
from app.domain.uploads import SentFile, SentFiles, UploadForm
from app.domain.work import CheckpointRef, EarlyStopping, Keep, Lease, LeasedRun
from app.preparation.datasets import PreparedDataset
from app.preparation.uploads import prepare_upload
from app.trainer.loading import RunLoader
from app.trainer.trainer import StoppedRun, Trainer

SEED = 7


def run(dataset: PreparedDataset, trial: int = 0, metric: str = "dev_error", **params: Any) -> LeasedRun:
    """The run of a whole trial with these hyperparameters and defaults for the others."""
    whole = complete(params)
    return LeasedRun(
        lease=Lease(trial, 1),
        sweep="swp_1",
        trial=trial,
        replicate=0,
        dataset="data",
        dataset_sha256=dataset.sha256,
        seed=SEED,
        params=dict(whole),
        metric=metric,
        direction="minimize",
        early_stopping=EarlyStopping(3),
        to_epoch=int(str(whole["epochs"])),
        cohort=cohort_key(dataset.sha256, whole, CURRENT_RULES),
        rules=CURRENT_RULES,
    )


class Stored:
    """A source of data sets and checkpoints that remembers which data sets it was asked for."""

    def __init__(self, *datasets: PreparedDataset) -> None:
        self._datasets = {dataset.sha256: dataset for dataset in datasets}
        self.checkpoints: dict[str, bytes] = {}
        self.asked: list[str] = []

    def dataset(self, name: str, sha256: str) -> bytes:
        assert name == "data"
        self.asked.append(sha256)
        return self._datasets[sha256].content

    def checkpoint(self, ref: CheckpointRef) -> bytes | None:
        return self.checkpoints.get(ref.sha256)


def add(trainer: Trainer, runs: Iterable[LeasedRun], loader: RunLoader) -> None:
    """Make runs ready and let them train, as a worker does."""
    trainer.add([loader.load(one, parked=trainer.is_parked(one)) for one in runs])


def stops(trainer: Trainer, keep: Mapping[str, Keep] | None = None) -> list[StoppedRun]:
    """Train until nothing is in training; return what stopped, in the order of the trials."""
    stopped: list[StoppedRun] = []
    while len(trainer):
        stopped += trainer.train(keep or {}).stopped
    return sorted(stopped, key=lambda one: one.result.lease.run)


def trained(dataset: PreparedDataset, metric: str = "dev_error", **params: Any) -> StoppedRun:
    """Train one network to its end."""
    trainer = Trainer(lambda: 0.0)
    add(trainer, [run(dataset, metric=metric, **params)], RunLoader(Stored(dataset)))
    (stopped,) = stops(trainer)
    return stopped


def table(task: str) -> PreparedDataset:
    """Two hundred rows with numbers, words and missing cells, whose target follows from them with some noise."""
    rng = np.random.default_rng(1)
    a, b, noise = rng.normal(3.0, 20.0, 200), rng.normal(size=200), rng.normal(0.0, 0.3, 200)
    words = rng.choice(["red", "green", ""], 200)
    score = a / 20.0 + b + (words == "red") + noise
    target = {"binary": score > 0.3, "multiclass": np.digitize(score, [-0.5, 1.0]), "regression": 1000.0 + 50.0 * score}
    missing = rng.random(200) < 0.1
    rows = zip(np.where(missing, "", a.astype(str)), b, words, target[task], strict=True)
    text = "a,b,w,y\n" + "".join(f"{','.join(map(str, row))}\n" for row in rows)
    sent = SentFiles(SentFile("t.csv", text.encode()))
    return prepare_upload(sent, UploadForm("data", "y"), max_table_bytes=1 << 20)
