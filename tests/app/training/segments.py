"""Segments and small data sets for tests that train."""

from typing import Any

import numpy as np

from app.domain.uploads import SentFile, SentFiles, UploadForm
from app.domain.work import EarlyStopping, Lease, Segment
from app.training.datasets import PreparedDataset
from app.training.hyperparameters import cohort_key, complete
from app.training.rules import CURRENT_RULES
from app.training.uploads import prepare_upload

SEED = 7


def segment(dataset: PreparedDataset, trial: int = 0, metric: str = "dev_error", **params: Any) -> Segment:
    """The segment of a whole trial with these hyperparameters and defaults for the others."""
    whole = complete(params)
    return Segment(
        lease=Lease("swp_1", trial, 1),
        dataset="data",
        dataset_sha256=dataset.sha256,
        seed=SEED,
        params=dict(whole),
        metric=metric,
        early_stopping=EarlyStopping(3),
        from_epoch=0,
        to_epoch=int(str(whole["epochs"])),
        cohort=cohort_key(dataset.sha256, whole, CURRENT_RULES),
        rules=CURRENT_RULES,
    )


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
